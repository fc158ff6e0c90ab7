"""Program of the web: granian, whose processes share the memory of what is imported.

Django and every view are loaded before the processes are forked, and left out of the garbage
collections that follow, which would write to each page of that memory.

uv run python -m portal.servers.web --port 8000 [--host 127.0.0.1] [--processes 1] [--threads 4]
"""

import argparse
import gc
import multiprocessing
import os
import signal

import django
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer


def serve_web() -> None:
    """Serve the portal until a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4, help="of each process")
    given = parser.parse_args()
    multiprocessing.set_start_method("fork")
    load()
    let_forks_be_stopped()
    MPServer(
        "portal.wsgi:application",
        address=given.host,
        port=given.port,
        interface=Interfaces.WSGI,
        workers=given.processes,
        blocking_threads=given.threads,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


def load() -> None:
    """Import what every process needs. Starts no thread and opens no connection."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    for urlconf in (settings.ROOT_URLCONF, settings.TENANT_URLCONF):
        get_resolver(urlconf)._populate()  # imports every view
    folder = settings.BASE_DIR / "templates"
    for path in sorted(folder.rglob("*.html")):
        get_template(str(path.relative_to(folder)))
    gc.collect()
    gc.freeze()


def let_forks_be_stopped() -> None:
    """Processes forked from now on end at a signal that comes before granian's handlers are set.

    A fork inherits the handlers of its parent, which would note the signal and go on: the parent
    would wait for it for ever.
    """
    stops = {signal.SIGINT, signal.SIGTERM}

    def hold() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)

    def let_go() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stops)

    def take_default() -> None:
        for stop in stops:
            signal.signal(stop, signal.SIG_DFL)
        let_go()

    os.register_at_fork(before=hold, after_in_parent=let_go, after_in_child=take_default)


if __name__ == "__main__":
    serve_web()
