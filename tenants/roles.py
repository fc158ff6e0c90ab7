"""The roles as data: the capabilities of each, and its name and description. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """A capability of a role in a tenant."""

    SEE = "see"
    DECIDE = "decide"
    START_RUNS = "start_runs"
    SEND_EVENTS = "send_events"
    HANDLE_EXCEPTIONS = "handle_exceptions"
    MANAGE_SOURCES = "manage_sources"
    MANAGE_PEOPLE = "manage_people"
    SET_POLICIES = "set_policies"
    SET_BUDGETS = "set_budgets"
    MANAGE_KEYS = "manage_keys"
    MANAGE_CLIENTS = "manage_clients"
    CONFIGURE = "configure"
    REVIEW_REPORTS = "review_reports"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its key in the database, its name, and its description for people."""

    key: str
    name: str
    description: str
    capabilities: frozenset[Capability]
    by_grant: frozenset[Capability] = frozenset()


C = Capability

CLIENT_ROLES = {
    role.key: role
    for role in (
        Role(
            "owner",
            "Owner",
            "Runs the business. Approves everything, invites people, says who approves what, "
            "can stop everything.",
            frozenset(C) - {C.CONFIGURE, C.REVIEW_REPORTS, C.MANAGE_CLIENTS},
        ),
        Role(
            "approver",
            "Approver",
            "Reviews and approves in the workflows they were given. Sees the rest.",
            frozenset({C.SEE, C.START_RUNS}),
            frozenset({C.DECIDE, C.HANDLE_EXCEPTIONS}),
        ),
        Role(
            "viewer",
            "Viewer",
            "Sees the work, the reports and the record. Decides nothing.",
            frozenset({C.SEE}),
        ),
    )
}

STAFF_ROLES = {
    role.key: role
    for role in (
        Role(
            "admin",
            "Provider admin",
            "Runs the deployment: makes clients, assigns staff, configures everything.",
            frozenset(C) - {C.DECIDE, C.SET_POLICIES},
        ),
        Role(
            "operator",
            "Operator",
            "Configures and runs the workflows of the clients they are assigned to.",
            frozenset(C)
            - {
                C.DECIDE,
                C.SET_POLICIES,
                C.SET_BUDGETS,
                C.MANAGE_PEOPLE,
                C.MANAGE_KEYS,
                C.MANAGE_CLIENTS,
            },
        ),
        Role(
            "reviewer",
            "Reviewer",
            "Reads assigned clients' work and checks reports before they go out.",
            frozenset({C.SEE, C.REVIEW_REPORTS}),
        ),
    )
}


def role_choices(roles: dict[str, Role]) -> list[tuple[str, str]]:
    """Return role keys and names, for a model field or a form."""
    return [(role.key, role.name) for role in roles.values()]
