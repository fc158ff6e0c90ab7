"""Parameters of the queue's address: tab, scope, grouping, filters and words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tenants.errors import Invalid

# The tabs: address value, label, kind of item. Exceptions have their own page.
TABS = (
    ("all", "All", ""),
    ("actions", "Actions", "proposal"),
    ("drafts", "Drafts", "draft"),
    ("routes", "Routes", "recommendation"),
)
LATER, DECIDED, EXCEPTIONS = "later", "decided", "exceptions"
ASKED = "asked"  # items on which a comment asks this person
# Tabs that ignore scope, grouping and filters.
APART = (LATER, ASKED, DECIDED)
KIND_OF = {key: kind for key, _, kind in TABS}

MINE, TEAM, EVERYONE = "mine", "team", "everyone"
SCOPES = ((MINE, "Mine"), (TEAM, "My team's"), (EVERYONE, "All"))
CUSTOMER, WORKFLOW, DEADLINE = "customer", "workflow", "deadline"
GROUPS = ((CUSTOMER, "Customer"), (WORKFLOW, "Workflow"), (DEADLINE, "Deadline"))
SOON, TODAY, WEEK = "soon", "today", "week"
DUES = ((SOON, "Over in 1 hour"), (TODAY, "Today"), (WEEK, "This week"))

# The parameters a saved filter keeps; an address also has the position of the page.
KEPT = ("kind", "who", "group", "workflow", "due", "q")
STATE = (*KEPT, "after")
# Defaults, which a saved filter leaves out.
USUAL = {"kind": "all", "who": MINE}
WORDS = 100
_KNOWN = {
    "kind": set(KIND_OF),
    "who": {key for key, _ in SCOPES},
    "group": {key for key, _ in GROUPS},
    "due": {key for key, _ in DUES},
}


@dataclass(frozen=True, slots=True)
class QueueParams:
    """Scope, grouping and filters of one list, each valid or empty.

    ``workflow`` is the slug of a workflow.
    """

    tab: str
    scope: str
    group: str = ""
    workflow: str = ""
    due: str = ""
    words: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether a filter by workflow or deadline is set; words and kinds do not count."""
        return bool(self.workflow or self.due)


def view_of(state: Mapping[str, str], tab: str, *, decides: bool) -> QueueParams:
    """Parse an address into the parameters of a tab; an unknown value counts as missing.

    Exceptions and the tabs in APART have no grouping and no filters.
    """
    scope = _known(state, "who") or MINE
    found = QueueParams(
        tab,
        scope if decides else EVERYONE,
        words=state.get("q", "").replace("\x00", "").strip()[:WORDS],
        after=state.get("after", ""),
    )
    if tab in (EXCEPTIONS, *APART):
        return found
    workflow = state.get("workflow", "")
    return QueueParams(
        tab,
        found.scope,
        _known(state, "group"),
        workflow,
        _known(state, "due"),
        found.words,
        found.after,
    )


def _known(state: Mapping[str, str], name: str) -> str:
    value = state.get(name, "")
    return value if value in _KNOWN[name] else ""


def saved_params(state: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that a saved filter keeps: known ones that differ from the default.

    Raises Invalid for a value that the queue does not know.
    """
    found = {}
    for name in KEPT:
        value = state.get(name, "").strip()
        if not value or USUAL.get(name) == value:
            continue
        if (name in _KNOWN and value not in _KNOWN[name]) or "\x00" in value or len(value) > WORDS:
            raise Invalid("This can't be kept as a filter. Choose anew, then save it.")
        found[name] = value
    return found


def query(state: Mapping[str, str], **changes: str) -> str:
    """Return the query string of an address with changed parameters; empty ones are left out."""
    usual = dict.fromkeys(STATE, "")  # fixes the order, so that one list has one address
    filled = {name: value for name, value in {**usual, **state, **changes}.items() if value}
    return f"?{urlencode(filled)}" if filled else ""
