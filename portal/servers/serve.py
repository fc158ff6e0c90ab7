"""Program behind ``manage.py up`` and ``demo``: it starts the parts, watches and stops them.

It is a program without Django, because it stays for as long as Handrail runs and Django
would hold 90 MB in it for nothing.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from portal.demo.cast import PASSWORD, PEOPLE, STAFF
from portal.servers.deployment import Deployment, ServerPlan, read_state, write_state
from portal.servers.postgres import ServerFailed


def main() -> None:
    """Run the deployment until Ctrl-C, or until a part ends by itself."""
    deployment = Deployment(_plan(), tell=_tell)
    # SIGINT too: a process that a shell starts in the background ignores it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    failed = False
    try:
        _serve(deployment)
    except ServerFailed as error:
        sys.stderr.write(f"{error}\n")
        failed = True
    except KeyboardInterrupt:
        _tell("stopping")
    finally:
        # A second Ctrl-C must not interrupt the stop and leave a part running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        deployment.stop()
    sys.exit(1 if failed else 0)


def _plan() -> ServerPlan:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--web-processes", type=int, default=1)
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("--sample", action="store_true")
    given = parser.parse_args()
    return ServerPlan(
        folder=given.data.resolve(),
        port=given.port,
        sample=given.sample,
        reset=given.reset,
        threads=given.threads,
        web_processes=given.web_processes,
    )


def _serve(deployment: Deployment) -> None:
    deployment.start()
    if deployment.plan.sample:
        _fill(deployment)
    deployment.open()
    _say(
        "\n".join(_sample_lines(deployment) if deployment.plan.sample else _plain_lines(deployment))
        + "\n"
    )
    deployment.watch()


def _fill(deployment: Deployment) -> None:
    """Make the sample clients, unless the data folder has them."""
    if read_state(deployment.plan.folder).get("complete"):
        return
    began = time.monotonic()
    _tell("sample clients: eight weeks of work, run through the engine")
    shop = deployment.outside.removeprefix("http://")
    deployment.manage("demodata", "--shop", shop)
    write_state(deployment.plan.folder, {"complete": True, "shop": shop})
    _tell(f"made in {time.monotonic() - began:.0f} s")


def _sample_lines(deployment: Deployment) -> list[str]:
    return [
        "",
        f"Handrail             {deployment.address}",
        f"Mail and shop        {deployment.outside}",
        "",
        f"Sign in with the password {PASSWORD} as",
        *(f"  {email:<30} {what}" for email, what in PEOPLE),
        *(f"  {email:<30} provider {role}" for email, _, role in STAFF),
        "",
        "Ctrl-C stops everything; --reset starts over.",
    ]


def _plain_lines(deployment: Deployment) -> list[str]:
    return [
        "",
        f"Handrail answers at {deployment.address}",
        "Make the first provider admin in another shell:",
        f"  (. {deployment.plan.folder / 'env'} && python manage.py makeadmin you@example.com)",
    ]


def _tell(line: str) -> None:
    """Print one line of progress."""
    _say(f"  {line}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
