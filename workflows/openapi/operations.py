"""The operations of an OpenAPI document, each with its address, arguments and answers. Pure."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from approvals.rules.closed_schema import closed
from tenants.errors import Invalid
from tenants.network.addresses import parse_url
from workflows.openapi.arguments import JSON_KIND, FoundArguments, find_arguments
from workflows.openapi.document import UNREADABLE, ApiDocument
from workflows.openapi.problems import DocumentError, DocumentProblem
from workflows.openapi.schemas import ANSWER, SchemaReader
from workflows.openapi.spots import Spot

METHODS = ("get", "put", "post", "delete", "patch")
MOST_SERVER_PARTS = 20
LONGEST_SUMMARY = 300
LONGEST_ID = 200
LONGEST_ADDRESS = 2000  # characters, and as many of a path
IN_PATH = re.compile(r"\{([^{}/]+)\}")
ODD = re.compile(r"[^A-Za-z0-9]+")
PLAIN_PATH = re.compile(r"/[^\s?#\\]*")
NO_SERVER = "It names no server. Say at which address the system is."


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """Operation of a document. One with ``problems`` can't be called.

    ``url`` has its path's parameters in braces; ``places`` says where each argument goes;
    ``answers`` are the schemas of the answers by status. ``notes`` say what was made up or is not
    checked. ``credential`` and ``idempotency_header`` are the document's own suggestions.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    url: str
    args_schema: dict[str, Any]
    places: dict[str, dict[str, Any]]
    content_type: str
    answers: dict[str, Any]
    credential: dict[str, str]
    idempotency_header: str
    problems: tuple[DocumentProblem, ...]
    notes: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what tells the operation from others, such as ``GET /orders/{id}``."""
        return f"{self.method} {self.path}"

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return an operation that was kept."""
        problems = tuple(DocumentProblem(**one) for one in value["problems"])
        return cls(**{**value, "problems": problems, "notes": tuple(value["notes"])})

    def as_json(self) -> dict[str, Any]:
        """Return the operation as it is kept."""
        return asdict(self)


def read_operations(document: ApiDocument, base: str = "") -> list[ApiOperation]:
    """Return the operations of a document, as ``each_operation`` yields them."""
    return list(each_operation(document, base))


def each_operation(document: ApiDocument, base: str = "") -> Iterator[ApiOperation]:
    """Yield the operations of a document. ``base`` is the address that relative servers are at.

    Raises DocumentError, before the first, where there are none or too many.
    """
    root = Spot(document, document.value)
    found = list(_operations(root))
    if not found:
        raise DocumentError("no_operations", "#/paths", "It has no operations.")
    taken: set[str] = set()
    for name, path, method in found:
        yield _read(root, path, name, method, base, taken)


def _operations(root: Spot) -> Iterator[tuple[str, Spot, str]]:
    count = 0
    for name, item in root.members("paths"):
        if name.startswith("x-"):
            continue
        if len(name) > LONGEST_ADDRESS:
            said = f"A path of it has more than {LONGEST_ADDRESS:,} characters."
            raise DocumentError("too_large", "#/paths", said)
        path = item.followed()
        for method in METHODS:
            if path.at(method).value is None:
                continue
            count += 1
            most = root.document.limits.operations
            if count > most:
                said = f"It has more than {most:,} operations."
                raise DocumentError("too_many_operations", "#/paths", said)
            yield name, path, method


def _read(
    root: Spot, path: Spot, name: str, method: str, base: str, taken: set[str]
) -> ApiOperation:
    spot = path.at(method)
    problems: list[DocumentProblem] = []
    notes: list[str] = []
    made, url, answers = FoundArguments(), "", {}
    try:
        if not isinstance(spot.value, dict):
            raise DocumentError("wrong_shape", spot.pointer, "An operation belongs here.")
        if not PLAIN_PATH.fullmatch(name):
            said = "A path begins with / and has no spaces, ? or #."
            raise DocumentError("wrong_shape", path.pointer, said)
        made = find_arguments(path, spot, IN_PATH.findall(name))
        problems += made.problems
        notes += made.notes
        if spot.at("deprecated").value is True:
            notes.append("The document says that it is deprecated.")
        answers = _answers(spot, notes)
        url = server_of(root, path, spot, base) + name
    except DocumentError as error:
        problems.append(error.problem)
    except (*UNREADABLE, AttributeError):  # a value of another type than anyone thought of
        said = "A part of it has another shape than OpenAPI says."
        problems.append(DocumentProblem("wrong_shape", spot.pointer[:400], said))
    args_schema = made.schema()
    problems += [] if problems else _unusable(args_schema, spot)
    return ApiOperation(
        method=method.upper(),
        path=name,
        operation_id=_operation_id(spot, method, name, taken, notes),
        summary=(spot.text("summary") or spot.text("description"))[:LONGEST_SUMMARY],
        url=url,
        args_schema=args_schema,
        places=made.places(),
        content_type=made.content_type,
        answers=answers,
        credential=_credential(root, spot),
        idempotency_header=made.idempotency_header,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _unusable(schema: dict[str, Any], spot: Spot) -> list[DocumentProblem]:
    """Return why a tool can't have these arguments."""
    try:
        spot.document.check_schema(closed(schema), spot.pointer)
    except DocumentError as error:
        return [error.problem]
    except Invalid as error:
        return [DocumentProblem("schema", spot.pointer, error.message)]
    return []


def _operation_id(spot: Spot, method: str, path: str, taken: set[str], notes: list[str]) -> str:
    """Return the id of an operation, made from method and path where it has none."""
    given = spot.text("operationId")[:LONGEST_ID]
    made = given or f"{method}_{ODD.sub('_', path).strip('_')}".rstrip("_")
    if not given:
        notes.append(f"It has no operationId, so it is called {made} after its method and path.")
    name, number = made, 2
    while name in taken:
        name, number = f"{made}_{number}", number + 1
    if name != made:
        notes.append(f"Another operation is called {made} too, so this one is called {name}.")
    taken.add(name)
    return name


# -- Where it is -------------------------------------------------------------------------------


def server_of(root: Spot, path: Spot, operation: Spot, base: str) -> str:
    """Return the address of an operation's server. Raises DocumentError where it is not known."""
    owner = next((one for one in (operation, path, root) if one.at("servers").value), None)
    if owner is None:
        if not base:
            raise DocumentError("no_server", "#/servers", NO_SERVER)
        return _checked_server(base, "#/servers")
    server = owner.at("servers", 0)
    address = server.text("url")
    for count, (name, variable) in enumerate(server.members("variables")):
        if count >= MOST_SERVER_PARTS:
            break
        part, default = f"{{{name}}}", variable.text("default")
        # Before any is filled in: a few that name each other can stand for gigabytes.
        if len(address) + address.count(part) * len(default) > LONGEST_ADDRESS:
            said = f"The address of its server has more than {LONGEST_ADDRESS:,} characters."
            raise DocumentError("bad_server", server.at("url").pointer, said)
        address = address.replace(part, default) if default else address
    return _checked_server(_whole(address, base, server), server.at("url").pointer)


def _whole(address: str, base: str, server: Spot) -> str:
    """Return the address of a server, below ``base`` where it names no host."""
    try:
        if urlsplit(address).scheme:
            return address
        if base:
            return urljoin(base, address)
    except ValueError:
        return address  # no address at all, which is said of it
    said = f"Its server is {address[:100] or 'empty'}, without a host. Say which it is on."
    raise DocumentError("relative_server", server.at("url").pointer, said)


def _checked_server(address: str, pointer: str) -> str:
    if len(address) > LONGEST_ADDRESS or parse_url(address) is None or set("{}?#") & set(address):
        said = f"“{address[:200]}” is no plain http or https address of a server."
        raise DocumentError("bad_server", pointer, said)
    return address.rstrip("/")


# -- What it answers, and who may ask ----------------------------------------------------------


def _answers(spot: Spot, notes: list[str]) -> dict[str, Any]:
    """Return the schemas of the answers that say it was done, by status; others are noted."""
    found: dict[str, Any] = {}
    for status, answer in spot.members("responses"):
        if not (status.startswith("2") or status == "default"):
            continue
        try:
            for kind, media in answer.followed().members("content"):
                if JSON_KIND.fullmatch(kind.partition(";")[0].strip()) and media.at("schema").value:
                    schema = SchemaReader(ANSWER).read(media.at("schema"))
                    spot.document.check_schema(schema, answer.pointer)
                    found[status.upper() if status != "default" else status] = schema
                    break
        except DocumentError as error:
            notes.append(f"Its answer {status} is not checked: {error.problem.sentence()}")
        except Invalid as error:
            notes.append(f"Its answer {status} is not checked: {error.message} ({answer.pointer})")
    if any(status.startswith("2") for status in found):
        found.pop("default", None)  # it stands for errors then
    return found


def _credential(root: Spot, operation: Spot) -> dict[str, str]:
    """Return where an operation takes a credential, as the document says; empty where not said."""
    wanted = operation if operation.at("security").value is not None else root
    try:
        names = [name for one in wanted.items("security") for name, _ in one.members()]
        for name in names:
            scheme = root.at("components", "securitySchemes", name).followed()
            kind, where = scheme.text("type"), scheme.text("in")
            if kind == "apiKey" and where in ("header", "query", "cookie"):
                return {"in": where, "name": scheme.text("name")[:100]}
            is_bearer = kind == "http" and scheme.text("scheme").lower() == "bearer"
            if is_bearer or kind in ("oauth2", "openIdConnect"):
                return {"in": "bearer"}
    except DocumentError:
        pass
    return {}
