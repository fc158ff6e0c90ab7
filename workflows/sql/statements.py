"""Typed settings of a tool that runs one SQL statement, and the values of its parameters. Pure."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.network.addresses import parse_url
from workflows.definitions.strict import Strict

PARAMETER = re.compile(r"%\(([^()]*)\)s")
NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}(\.[a-z_][a-z0-9_]{0,59})?", re.IGNORECASE)
KEY = "idempotency_key"
FIRST_WORDS = frozenset({"select", "with", "values", "insert", "update", "delete"})
LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
DOLLARS = re.compile(r"\$\w*\$")
# Postgres ends such a text and such a comment elsewhere than SQLite, and than LITERAL.
ESCAPING_TEXT = re.compile(r"(?<![\w$])e$", re.IGNORECASE)
NESTED_COMMENT = re.compile(r"/\*.*/\*", re.DOTALL)
# Postgres ends a comment at a carriage return, SQLite and LITERAL only at a new line.
UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|\r(?!\n)")
BRACKET_OR_CHANGE = re.compile(
    r"[()]|(?<![\w$.])(?:insert|delete|merge|(?<!for )(?<!key )update)(?![\w$])", re.IGNORECASE
)
MOST_ROWS = 200
LARGEST_INTEGER = 2**63 - 1  # of a bigint, and of an integer in SQLite


class PostgresDatabase(Strict):
    """Address of a Postgres database, and who reads it.

    ``tls``: ``verify`` checks the server's certificate and name, ``require`` only encrypts.
    """

    kind: Literal["postgres"]
    host: str = Field(max_length=260)
    name: str = Field(min_length=1, max_length=63)
    user: str = Field(min_length=1, max_length=63)
    password: str = Field(pattern=r"^secret:.{1,100}$")
    tls: Literal["verify", "require", "off"] = "verify"

    @property
    def secret(self) -> str:
        """The name of the secret that is the password."""
        return self.password.removeprefix(REFERENCE)

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port. Raises Invalid for an address that is not plain."""
        target = parse_url(f"http://{self.host}/")
        if target is None or target.rest != "/":
            raise Invalid("host is a host, or host:port.", code="bad_settings")
        has_port = re.search(r":\d+$", self.host)
        return target.host, target.port if has_port else 5432


class SqliteDatabase(Strict):
    """SQLite file that the deployment keeps for this client, by the name it gives the file."""

    kind: Literal["sqlite"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")


class StatementSettings(Strict):
    """Settings of a tool that runs one SQL statement.

    ``statement`` has named parameters as ``%(order)s``, or ``%(amount.value)s`` for a part of an
    argument; a ``%`` by itself is written twice. ``rows`` is the most rows a reading statement may
    answer. ``changes`` is the number of rows a writing one must change: any other is rolled back.
    """

    database: Annotated[PostgresDatabase | SqliteDatabase, Field(discriminator="kind")]
    statement: str = Field(min_length=1, max_length=8000)
    rows: int = Field(default=50, ge=1, le=MOST_ROWS)
    changes: int = Field(default=1, ge=1, le=1000)
    seconds: float = Field(default=5.0, gt=0, le=30)


def statement_settings(settings: Any) -> StatementSettings:
    """Return the typed settings of a tool. Raises Invalid where no call can be made with them."""
    try:
        found = StatementSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the settings"
        raise Invalid(f"{where}: {first['msg']}.", code="bad_settings") from error
    if isinstance(found.database, PostgresDatabase):
        _ = found.database.address
    _check_statement(found.statement)
    return found


def _check_statement(statement: str) -> None:
    """Raise Invalid for a text that is not one statement with named parameters."""
    if UNSENDABLE.search(statement):
        raise Invalid("The statement holds a character that can't be sent.", code="bad_settings")
    if problem := _ambiguous_literal(statement):
        raise Invalid(problem, code="bad_settings")
    bare = without_literals(bare_statement(statement))
    if first_word(bare) not in FIRST_WORDS:
        raise Invalid(
            "A statement begins with SELECT, WITH, VALUES, INSERT, UPDATE or DELETE.",
            code="bad_settings",
        )
    if DOLLARS.search(bare):
        raise Invalid("Quote texts with ', not with dollar signs.", code="bad_settings")
    if ";" in bare:
        raise Invalid("Write one statement, without a semicolon within it.", code="bad_settings")
    if _changes_within(PARAMETER.sub(" ", bare)):
        said = "Change rows with one INSERT, UPDATE or DELETE; within brackets only read."
        raise Invalid(said, code="bad_settings")
    for name in PARAMETER.findall(statement):
        if not NAME.fullmatch(name):
            said = f"“{name[:60]}” is no name of a parameter. Use letters, digits and _."
            raise Invalid(said, code="bad_settings")
    if len(PARAMETER.findall(bare)) < len(PARAMETER.findall(statement)):
        said = "A parameter within quotes is only text. Write it without them."
        raise Invalid(said, code="bad_settings")
    if "%" in PARAMETER.sub("", statement).replace("%%", ""):
        said = "Write a % by itself twice, and a parameter as %(name)s."
        raise Invalid(said, code="bad_settings")


def _ambiguous_literal(statement: str) -> str:
    """Return the problem of a text or comment that databases end at other places; or empty."""
    for found in LITERAL.finditer(statement):
        if found[0].startswith("'") and ESCAPING_TEXT.search(statement[: found.start()][-2:]):
            return "Write texts without E before them."
        if NESTED_COMMENT.match(found[0]):
            return "Write no comment within a comment."
    return ""


def _changes_within(bare: str) -> bool:
    """Whether a statement changes rows within brackets too, which no database counts."""
    depth = 0
    for found in BRACKET_OR_CHANGE.finditer(" ".join(bare.split())):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif depth > 0:
            return True
    return False


def without_literals(statement: str) -> str:
    """Return a statement with nothing left of its texts, quoted names and comments."""
    return LITERAL.sub(" ", statement)


def first_word(statement: str) -> str:
    """Return the first word of a statement without comments, in small letters."""
    found = re.match(r"[\s(]*([a-zA-Z]+)", statement)
    return found[1].lower() if found else ""


def bare_statement(statement: str) -> str:
    """Return a statement without the semicolon and the white space at its end."""
    return statement.rstrip().removesuffix(";").rstrip()


def parameter_names(statement: str) -> list[str]:
    """Return the names of a statement's parameters, each once, in their order."""
    return list(dict.fromkeys(PARAMETER.findall(statement)))


def argument_names(statement: str) -> list[str]:
    """Return the names of the arguments that a statement reads, each once, in their order."""
    names = [name.partition(".")[0] for name in parameter_names(statement)]
    return [name for name in dict.fromkeys(names) if name != KEY]


def parameter_values(
    statement: str, args: dict[str, Any], key: str
) -> dict[str, str | int | bool | None]:
    """Return the value of each parameter. What is not given is NULL.

    Raises Invalid for a value that no column takes, and for an argument no parameter stands for.
    """
    unread = sorted(args.keys() - set(argument_names(statement)))
    if unread:
        said = f"The statement has no parameter {unread[0]}."
        raise Invalid(said, code="bad_args", field=unread[0])
    return {name: _value(name, args, key) for name in parameter_names(statement)}


def _value(name: str, args: dict[str, Any], key: str) -> str | int | bool | None:
    if name == KEY:
        return key
    head, _, part = name.partition(".")
    value = args.get(head)
    if part:
        value = value.get(part) if isinstance(value, dict) else None
    if value is not None and not isinstance(value, str | int | bool):
        said = f"{name} is one value: a text, a whole number, or yes or no."
        raise Invalid(said, code="bad_args", field=head)
    if isinstance(value, str) and "\x00" in value:
        said = f"{name} holds a character that no database takes."
        raise Invalid(said, code="bad_args", field=head)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise Invalid(f"{name} is larger than a column takes.", code="bad_args", field=head)
    return value
