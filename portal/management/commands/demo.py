"""``manage.py demo``: the same as ``up``, with three sample clients and their history."""

from portal.management.commands.up import Command as Up


class Command(Up):
    """Start all servers with sample data. A later start keeps the data."""

    help = __doc__ or ""
    sample = True
