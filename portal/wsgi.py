"""WSGI application of the portal, for granian or any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

inner = get_wsgi_application()

from audit.worker import watchdog  # noqa: E402 - its model needs Django set up
from portal.middleware.body_limits import BoundedBodies  # noqa: E402 - likewise

application = BoundedBodies(inner)

# The web process checks for late rows too: where the only worker hangs, nothing else would.
watchdog.watch()
