"""The roles are the ones people were told of, with these capabilities and no others."""

import pytest

from tenants.roles import CLIENT_ROLES, STAFF_ROLES, Capability, role_choices

C = Capability
# Who may do what, written out by hand. A g is a capability that has to be granted.
CAN = {
    #                    owner approver viewer admin operator reviewer
    C.SEE:               "x     x        x      x     x        x",
    C.DECIDE:            "x     g        -      -     -        -",
    C.START_RUNS:        "x     x        -      x     x        -",
    C.SEND_EVENTS:       "x     -        -      x     x        -",
    C.HANDLE_EXCEPTIONS: "x     g        -      x     x        -",
    C.MANAGE_SOURCES:    "x     -        -      x     x        -",
    C.MANAGE_PEOPLE:     "x     -        -      x     -        -",
    C.SET_POLICIES:      "x     -        -      -     -        -",
    C.SET_BUDGETS:       "x     -        -      x     -        -",
    C.MANAGE_KEYS:       "x     -        -      x     -        -",
    C.MANAGE_CLIENTS:    "-     -        -      x     -        -",
    C.CONFIGURE:         "-     -        -      x     x        -",
    C.REVIEW_REPORTS:    "-     -        -      x     x        x",
    C.STOP:              "x     -        -      x     x        -",
}  # fmt: skip
ROLES = {**CLIENT_ROLES, **STAFF_ROLES}
ORDER = ["owner", "approver", "viewer", "admin", "operator", "reviewer"]


@pytest.mark.parametrize("key", ORDER)
def test_each_role_may_do_what_the_table_says(key: str) -> None:
    column = {capability: row.split()[ORDER.index(key)] for capability, row in CAN.items()}
    assert ROLES[key].capabilities == {one for one, mark in column.items() if mark == "x"}
    assert ROLES[key].by_grant == {one for one, mark in column.items() if mark == "g"}


def test_the_table_has_every_role_and_every_capability() -> None:
    assert (list(ROLES), set(CAN)) == (ORDER, set(Capability))
    assert [role.key for role in ROLES.values()] == ORDER


def test_roles_are_offered_by_key_and_name() -> None:
    assert role_choices(CLIENT_ROLES) == [
        ("owner", "Owner"),
        ("approver", "Approver"),
        ("viewer", "Viewer"),
    ]
