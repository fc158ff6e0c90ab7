"""``manage.py demo``: the same as ``up``, with three sample clients and their history."""

import time

from portal.demo.sample import PASSWORD, STAFF
from portal.management.commands.up import Command as Up
from portal.servers.house import House, read_state, write_state


class Command(Up):
    """Start everything with sample data. A later start takes up the same data."""

    help = __doc__ or ""
    sample = True

    def fill(self, house: House) -> None:
        if read_state(house.plan.folder).get("complete"):
            return
        began = time.monotonic()
        self.tell("sample clients: eight weeks of work, run through the engine")
        shop = house.outside.removeprefix("http://")
        house.manage("demodata", "--shop", shop)
        write_state(house.plan.folder, {"complete": True, "shop": shop})
        self.tell(f"ready after {time.monotonic() - began:.0f} s")

    def say_addresses(self, house: House) -> None:
        lines = [
            "",
            f"Handrail             {house.address}",
            f"Mail and shop        {house.outside}",
            "",
            f"Sign in with the password {PASSWORD} as",
            "  dana@harbor-pine.example       owner of Harbor & Pine",
            "  sam@harbor-pine.example        approver there",
            "  imogen@fernside-dental.example owner of Fernside Dental",
            "  jonas@cobalt-cycles.example    owner of Cobalt Cycles",
            *(f"  {email:<30} provider {role}" for email, _, role in STAFF),
            "",
            "Ctrl-C stops everything; --reset starts over.",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
