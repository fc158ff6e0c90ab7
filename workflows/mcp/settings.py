"""Typed settings of a tool that an MCP server offers, and the place of a server. Pure."""

import re
from typing import Any

from pydantic import Field, ValidationError

from tenants.errors import Invalid
from tenants.network.addresses import parse_url
from workflows.definitions.strict import Strict
from workflows.mcp.offers import OfferedTool, ServerOffer

HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
# Variables that would change which program runs, or what it loads.
RESERVED_VARIABLES = re.compile(r"PATH|HOME|LD_.*|DYLD_.*|PYTHON.*|NODE_.*|GIT_.*|BASH_ENV|ENV|IFS")
RESERVED_HEADERS = {"connection", "content-length", "content-type", "host", "transfer-encoding"}
COMMAND = "command:"


class ServerPlace(Strict):
    """Place of a server: its address, or the name of a command of this deployment.

    ``secret`` names what goes along: in the header ``carrier``, as Authorization: Bearer without
    one, or for a command in the environment variable ``carrier``.
    """

    address: str = Field(default="", max_length=500)
    command: str = Field(default="", max_length=40)
    secret: str = Field(default="", max_length=60)
    carrier: str = Field(default="", max_length=100)

    @property
    def text(self) -> str:
        """Return the place in one text, as pins have it."""
        return self.address or f"{COMMAND}{self.command}"


class McpToolSettings(Strict):
    """Settings of a tool: its server, where that is, and what it offered when it was turned on."""

    server: str = Field(max_length=40)
    place: ServerPlace
    revision: str = Field(default="", max_length=20)
    instructions: str = ""
    issuer: str = ""
    offered: dict[str, Any]
    pin: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def tool(self) -> OfferedTool:
        """Return the tool as it was offered."""
        return OfferedTool.from_json(self.offered)

    @property
    def offer(self) -> ServerOffer:
        """Return the server as the pin has it, without other tools."""
        return ServerOffer(self.place.text, self.issuer, self.instructions, (self.tool,))


def mcp_settings(settings: Any) -> McpToolSettings:
    """Return the typed settings of a tool. Raises Invalid where no call can be made with them."""
    try:
        found = McpToolSettings.model_validate(settings)
        pinned = found.offer.pin_of(found.tool)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the settings"
        raise Invalid(f"{where}: {first['msg']}.", code="bad_settings") from error
    except (KeyError, TypeError) as error:
        raise Invalid("offered: it is no whole tool.", code="bad_settings") from error
    check_place(found.place)
    if pinned != found.pin:
        said = "The pin is not that of these settings. Turn the tool on again from its server."
        raise Invalid(said, code="bad_settings")
    return found


def check_place(place: ServerPlace) -> None:
    """Raise Invalid unless a place has an address or a command, and a carrier that fits it."""
    if bool(place.address) == bool(place.command):
        raise Invalid("A server has an address, or a command.", code="bad_settings")
    if place.address and (parse_url(place.address) is None or "#" in place.address):
        said = "Write the whole address, such as https://tools.example/mcp."
        raise Invalid(said, code="bad_url")
    carrier = place.carrier
    if not place.secret or not carrier:
        if carrier or (place.command and place.secret):
            said = "Say both: the secret, and the variable or header that carries it."
            raise Invalid(said, code="bad_settings")
        return
    if place.command:
        if not VARIABLE.fullmatch(carrier) or RESERVED_VARIABLES.fullmatch(carrier):
            said = f"{carrier[:60]} can't be the variable that carries a secret."
            raise Invalid(said, code="bad_settings")
    elif not HEADER.fullmatch(carrier) or (
        carrier.lower() in RESERVED_HEADERS or carrier.lower().startswith("mcp-")
    ):
        said = f"“{carrier[:60]}” can't be the header that carries a secret."
        raise Invalid(said, code="bad_header")
