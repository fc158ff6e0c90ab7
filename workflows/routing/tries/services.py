"""A try of a deployment is asked for by an admin; a worker makes it (``tries.runner``)."""

from datetime import timedelta

from django.db import transaction

from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.ids import first_id
from tenants.models import Provider, User
from workflows.models import DeploymentTry
from workflows.routing.selectors import table_of

MOST_AN_HOUR = 20
HOUR = timedelta(hours=1)


def request_try(name: str, *, by: User) -> DeploymentTry:
    """Insert a try of a deployment, which a worker begins within a second or so, and return it.

    Raises Forbidden for others than the provider's admins, Invalid for a name that is not in the
    table, Conflict where it is being tried, or where MOST_AN_HOUR tries were asked for.
    """
    if by.staff_role != "admin":
        raise Forbidden("Only the provider's admins try models: it costs money.")
    with transaction.atomic():
        # The lock makes one admin at a time count.
        provider = Provider.objects.select_for_update().first()
        table = table_of(provider)
        if table is None or name not in table.deployments:
            raise Invalid(f"There is no deployment called {name[:80]} in the table that holds.")
        if DeploymentTry.objects.filter(name=name, ended_at=None).exists():
            raise Conflict("It is being tried already. Wait for the answer.", code="busy")
        lately = DeploymentTry.objects.filter(id__gte=first_id(clock.now() - HOUR))
        if lately.count() >= MOST_AN_HOUR:
            said = f"{MOST_AN_HOUR} tries were made within an hour. Try it again later."
            raise Conflict(said, code="busy")
        return DeploymentTry.objects.create(name=name, asked_by=by)
