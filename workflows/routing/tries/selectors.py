"""Queries for tries of deployments."""

from collections.abc import Iterable

from workflows.models import DeploymentTry


def last_try(name: str) -> DeploymentTry | None:
    """Return the newest try of a deployment; None where it was never tried."""
    rows = DeploymentTry.objects.filter(name=name).select_related("asked_by")
    return rows.order_by("-id").first()


def last_tries(names: Iterable[str]) -> dict[str, DeploymentTry]:
    """Return the newest try of each of these deployments that was tried, by name."""
    rows = DeploymentTry.objects.filter(name__in=list(names))
    return {one.name: one for one in rows.order_by("name", "-id").distinct("name")}
