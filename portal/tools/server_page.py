"""Page of an MCP server: what it offers, what of it is on, and what changed."""

from dataclasses import dataclass
from typing import Any

from portal.credentials.page import ConnectionPage, connection_page
from portal.review.item.text_diff import Word, changed_words
from portal.tools.effect_form import form_prefix
from portal.tools.server_forms import OfferedToolForm, initial_offered
from tenants.actors import Actor
from workflows.mcp.offers import OfferedTool
from workflows.mcp.servers import tools_of_server
from workflows.mcp.turning_on import OfferComparison, OfferedLine, compare_offer
from workflows.models import McpServer
from workflows.oauth.storing import connections

MOST_CHOSEN = 30  # tools at a time
BADGES = {
    "on": ("on", "green"),
    "off": ("off", ""),
    "new": ("new", "blue"),
    "renamed": ("new name", "amber"),
    "changed": ("changed, so off", "amber"),
}
# What a server claims of a tool, in words; it binds nobody.
HINTS = {
    "readOnlyHint": ("it only reads", "it changes something"),
    "destructiveHint": ("it may destroy something", "it destroys nothing"),
    "idempotentHint": ("doing it twice is doing it once", ""),
    "openWorldHint": ("it reaches beyond the system", "it stays within the system"),
}


@dataclass(frozen=True, slots=True)
class OfferRow:
    """Row of an offered tool: how it stands, and what its server claims of it.

    ``changes`` are the parts that are not as the tool was turned on, each with its words compared.
    """

    line: OfferedLine
    badge: str
    colour: str
    claims: str
    changes: list[tuple[str, list[Word]]]


@dataclass(frozen=True, slots=True)
class ServerPage:
    """Page of a server. ``is_other``: it offers something else than a person last chose from."""

    server: McpServer
    comparison: OfferComparison
    rows: list[OfferRow]
    is_other: bool
    connection: ConnectionPage | None = None

    @property
    def is_looked_at(self) -> bool:
        """Return whether a look that a person asked for is under way."""
        return self.server.look_asked_at is not None


def server_page(server: McpServer, actor: Actor) -> ServerPage:
    """Return the page of a server. Two queries."""
    found = compare_offer(server)
    rows = [_row(line) for line in found.lines]
    is_other = bool(server.reviewed_pin) and server.reviewed_pin != server.seen_pin
    row = connections().filter(secret__name=server.secret).first() if server.secret else None
    shown = connection_page(row, actor) if row else None
    return ServerPage(server, found, rows, is_other, shown)


def _row(line: OfferedLine) -> OfferRow:
    changes = [(one.part, changed_words(one.before, one.after)) for one in line.changes]
    return OfferRow(line, *BADGES[line.state], claims_of(line.offered), changes)


def claims_of(offered: OfferedTool) -> str:
    """Return what a server claims that its tool does, in words; empty where it claims nothing."""
    hints = offered.annotations or {}
    said = [
        words[not hints[name]] for name, words in HINTS.items() if isinstance(hints.get(name), bool)
    ]
    return ", ".join(filter(None, said))


def chosen_offers(page: ServerPage, names: list[str]) -> list[OfferedLine]:
    """Return the chosen lines in the offer's order. What can't be chosen is left out."""
    wanted = set(names)
    return [line for line in page.comparison.lines if line.offered.name in wanted]


def offered_forms(
    page: ServerPage, chosen: list[OfferedLine], data: Any = None
) -> list[OfferedToolForm]:
    """Return the forms of the chosen tools, filled from ``data`` or with suggestions."""
    tools = tools_of_server(page.server)
    keys = {tool.name: name for name, tool in tools.items()}
    undos = list(dict.fromkeys([*(line.offered.name for line in chosen), *tools]))
    return [
        OfferedToolForm(
            data,
            line=line,
            undos=undos,
            prefix=form_prefix(line.offered.name),
            initial=initial_offered(line, page.server.name, keys),
        )
        for line in chosen
    ]
