"""A routing table is stored as a new version, and holds from then on."""

from typing import Any
from uuid import UUID

from django.db import transaction

from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Provider, User
from workflows.models import RoutingVersion
from workflows.routing.table import read_table

NIL = UUID(int=0)  # no version's id


def store_table(value: dict[str, Any], *, by: User, after: int, note: str = "") -> RoutingVersion:
    """Store a routing table, which holds from now on, and return its version.

    ``after`` is the number of the version that was edited, 0 for none. Raises Forbidden for others
    than the provider's admins, Invalid for a table that can't hold, Conflict where another holds.
    """
    if by.staff_role != "admin":
        raise Forbidden("Only the provider's admins change which models are asked.")
    table = read_table(value)
    with transaction.atomic():
        provider = Provider.objects.select_for_update().first()
        if provider is None:
            raise Invalid("There is no provider yet: run `manage.py makeadmin`.")
        held = RoutingVersion.objects.filter(pk=provider.routing or NIL)
        if (held.values_list("number", flat=True).first() or 0) != after:
            raise Conflict(
                "Somebody stored another table meanwhile. Open it, and make your changes there.",
                code="changed",
            )
        made = RoutingVersion(number=after + 1, table=table.as_json(), made_by=by, note=note[:300])
        made.save(force_insert=True)
        Provider.objects.update(routing=made.pk)
    return made
