"""The web application, for granian or any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

inner = get_wsgi_application()

from audit import lateness  # noqa: E402 - its model needs Django set up
from portal.bodies import BoundedBodies  # noqa: E402 - likewise

application = BoundedBodies(inner)

# The web looks too whether work is late: the only worker there is can't notice itself.
lateness.watch()
