"""SQL is sent from few modules, and each statement has a name, a sentence and named parameters."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, dotted, files, name, tree

# Modules named after what their statements do; each statement is a constant there.
STATEMENTS = {
    "approvals/queries.py",
    "audit/event_time.py",
    "audit/services/seals.py",
    "audit/worker/backlog.py",
    "audit/worker/claims.py",
    "audit/worker/completion.py",
    "audit/worker/concurrency.py",
    "audit/worker/sweep.py",
    "audit/worker/leases.py",
    "tenants/access.py",
    "tenants/db/column_order.py",
    "tenants/scope.py",
    "tenants/services/key_lookup.py",
    "tenants/sources/lookup.py",
    "tenants/sources/search.py",
    "workflows/budgets/reservations.py",
    "workflows/engine/state/entered_runs.py",
    "workflows/start_lookup.py",
    "workflows/waiting/open_work.py",
}
# Modules that send SQL in another way, each with its reason.
OTHERWISE = {
    "approvals/rules/expressions.py": "a CEL program is executed",
    "audit/event_time.py": "COMMENT takes no parameters",
    "audit/models.py": "an event's default asks for the number of its transaction",
    "portal/servers/roles.py": "the servers are set up before Django has a connection",
    "tenants/db/column_order.py": "a migration operation",
    "tenants/db/prepared.py": "every prepared statement goes through here",
    "tenants/db/statements.py": "every statement with a name goes through here",
    "tenants/db/unit_of_work.py": "rows that were kept become a statement",
    "tenants/db/wall_checks.py": "its checks are a table of queries with parameters by name",
    "tenants/wall.py": "migration operations",
    "workflows/sql/postgres.py": "statements that a client's tool declares, in its own database",
    "workflows/sql/sqlite.py": "statements that a client's tool declares, in its own file",
    "tenants/db/compiled.py": "the ORM makes the SQL, and it is run like a statement",
}
# Statements that are no constants, each with its reason.
MADE_LATER = {
    "approvals/queries.py": "an upper app registers a part of _case_to_decide",
    "audit/worker/claims.py": "an upper app registers the function that reads ahead",
    "audit/worker/completion.py": "an upper app registers the function that reads ahead",
}
# Modules whose SQL names the time of the database, each with its reason.
CLOCKS = {
    "audit/event_time.py": "the trigger compares what the app wrote with the database's own time",
    "tenants/db/catalog_checks.py": "it looks for that comparison in the trigger",
}

SENDERS = {"cursor", "execute", "executemany", "raw", "extra", "RawSQL", "RunSQL", "callproc"}
# Doors of ``tenants.db`` for SQL with values by position.
INNER = {"rows", "read_json", "keep_statement", "prepared_rows", "exec_", "exec_prepared"}
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
POSITION = re.compile(r"(?<!%)(?:%%)*%s")
TIME = re.compile(
    r"(?<![\w.])(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\("
    r"|\b(?:current_(?:timestamp|date|time)|localtime(?:stamp)?)\b(?!\s*[(=.])"
    r"|'(?:now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)


def statements_in(module: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "SqlStatement"
    ]


def sent_otherwise(module: ast.Module) -> list[int]:
    """Lines that send SQL, or take a way of sending it, other than by a ``SqlStatement``."""
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Attribute(attr=way, value=value):
                on = dotted(value).split(".")[-1]
                inner = way in INNER - {"rows"} or (way == "rows" and on == "unit_of_work")
                if inner or way in SENDERS:
                    found.append(node.lineno)
            case ast.ImportFrom(module=place, names=names):
                inner = place in ("tenants.db.unit_of_work", "tenants.db.prepared")
                for one in names:
                    if one.name in SENDERS or (inner and one.name in INNER):
                        found.append(node.lineno)
                    # Under another name they would not be found.
                    if one.name in ("unit_of_work", "SqlStatement") and one.asname:
                        found.append(node.lineno)
    return found


def without_name(module: ast.Module) -> list[int]:
    """Lines of statements that are no constants of the module."""
    named = {
        id(inner)
        for node in module.body
        if _is_constant(node)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
    }
    return [call.lineno for call in statements_in(module) if id(call) not in named]


def without_sentence(text: str) -> list[int]:
    """Lines of constants with a statement, and no sentence directly above or below."""
    module, lines = ast.parse(text), text.splitlines()
    return [
        node.lineno
        for node, after in zip(module.body, [*module.body[1:], None], strict=True)
        if _is_constant(node)
        and statements_in(ast.Module([node], []))
        and not _is_sentence(_comment_above(lines, node.lineno))
        and not _is_sentence(_docstring(after))
    ]


def by_position(module: ast.Module) -> list[int]:
    """Lines of statements with a ``%s``."""
    return [
        text.lineno
        for call in statements_in(module)
        for text in ast.walk(call)
        if isinstance(text, ast.Constant)
        and isinstance(text.value, str)
        and POSITION.search(text.value)
    ]


def times_asked(module: ast.Module) -> list[int]:
    """Lines where SQL, or the ORM, asks the database for the time. Docstrings do not count."""
    said = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in said and TIME.search(text):
                found.append(node.lineno)
            case (
                ast.Name(id="Now" | "TransactionNow") | ast.Attribute(attr="Now" | "TransactionNow")
            ):
                found.append(node.lineno)
            case ast.alias(name="Now" | "TransactionNow"):
                found.append(node.lineno)
    return found


def _is_constant(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return isinstance(node, ast.Assign | ast.AnnAssign) and all(
        isinstance(one, ast.Name) and CONSTANT.fullmatch(one.id) for one in targets
    )


def _comment_above(lines: list[str], number: int) -> str:
    found: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.startswith("#"):
            break
        found.insert(0, line.removeprefix("#").strip())
    return " ".join(found)


def _docstring(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text.strip()
    return ""


def _is_sentence(text: str) -> bool:
    return len(text.split()) > 3 and text.endswith(".")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in files():
        yield name(path), tree(path)


def test_statements_stand_in_the_modules_named_after_what_they_do() -> None:
    assert {path for path, module in modules() if statements_in(module)} == STATEMENTS


def test_sql_is_sent_in_no_other_way_without_a_reason() -> None:
    assert {path for path, module in modules() if sent_otherwise(module)} == OTHERWISE.keys()


def test_each_statement_is_a_constant() -> None:
    assert {path for path, module in modules() if without_name(module)} == MADE_LATER.keys()


def test_each_statement_has_a_sentence() -> None:
    astray = {path: without_sentence((ROOT / path).read_text("utf-8")) for path in STATEMENTS}
    assert {path: lines for path, lines in astray.items() if lines} == {}


def test_each_parameter_has_a_name() -> None:
    astray = {path: by_position(module) for path, module in modules()}
    assert {path: lines for path, lines in astray.items() if lines} == {}


def test_no_statement_asks_the_database_for_the_time() -> None:
    """All times come from the one clock seam, so that tests and the demo can move it."""
    assert {path for path, module in modules() if times_asked(module)} == CLOCKS.keys()


# -- Each check can fail -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "connection.cursor()",
        "with connections[alias].cursor() as cursor: pass",
        "cursor.execute(sql)",
        "send = cursor.execute",
        "cursor.executemany(sql, rows)",
        "Run.objects.raw(sql)",
        "Run.objects.extra(where=[sql])",
        "from django.db.models.expressions import RawSQL",
        "field = expressions.RawSQL(sql, ())",
        "schema_editor.execute(sql)",
        "migrations.RunSQL(sql)",
        "unit_of_work.rows(sql, [])",
        "db.unit_of_work.rows(sql, [])",
        "unit_of_work.read_json(sql, [])",
        "unit_of_work.keep_statement(sql, [])",
        "from tenants.db.unit_of_work import rows",
        "from tenants.db.unit_of_work import update, keep_statement as keep",
        "from tenants.db import unit_of_work as work",
        "from tenants.db.statements import SqlStatement as S",
        "prepared.prepared_rows(connection, sql, [])",
        "from tenants.db.prepared import prepared_rows",
        "pgconn.exec_prepared(name, [])",
    ],
)
def test_a_way_to_send_sql_would_be_found(line: str) -> None:
    assert sent_otherwise(ast.parse(line)) == [1]


def test_what_sends_no_sql_is_not_found() -> None:
    text = "from tenants.db import unit_of_work\nunit_of_work.update(a, b)\nSUM.rows(a=1)\nrows(b)"
    assert sent_otherwise(ast.parse(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "def find():\n    return SqlStatement(SQL).run()",
        "def find():\n    SUM = SqlStatement(SQL)",
        "sums = SqlStatement(SQL)",
        "statements.SqlStatement(SQL).run()",
        "SUM, OTHER = SqlStatement(SQL), 1",
    ],
)
def test_a_statement_that_is_no_constant_would_be_found(text: str) -> None:
    assert len(without_name(ast.parse(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "SUM = SqlStatement(SQL)",
        "_SUM: SqlStatement[int] = SqlStatement(SQL, int)",
        "SUM = {n: statements.SqlStatement(SQL.format(n)) for n in NAMES}",
    ],
)
def test_a_statement_needs_a_sentence_beside_it(text: str) -> None:
    assert without_name(ast.parse(text)) == []
    assert without_sentence(text) == [1]
    assert without_sentence(f"# What\n\n{text}") == [3]
    assert without_sentence(f"# Rows are added.\n\n{text}") == [3]
    assert without_sentence(f"# Sums\n{text}") == [2]
    assert without_sentence(f"# The numbers of the\n# rows are added.\n{text}") == []
    assert without_sentence(f'{text}\n"""The numbers of the rows are added."""') == []


def test_a_parameter_without_a_name_would_be_found() -> None:
    for sql in ('"SELECT %s"', 'f"SELECT {a} + %s"', '"SELECT %%%s"', '"SELECT 1 " "+ %s"'):
        assert by_position(ast.parse(f"SUM = SqlStatement({sql}, int)")) == [1], sql
    assert by_position(ast.parse("SUM = SqlStatement(\"SELECT %(a)s, '%%s'\", int)")) == []


@pytest.mark.parametrize(
    "text",
    [
        'SQL = "SELECT now()"',
        'SQL = "UPDATE a SET b = NOW ()"',
        "SQL = f\"DELETE FROM {table} WHERE at < now() - interval '1 day'\"",
        'send("WHERE at < current_timestamp")',
        'SQL = "SELECT clock_timestamp()"',
        'SQL = "SELECT statement_timestamp()"',
        'SQL = "SELECT transaction_timestamp()"',
        'SQL = "SELECT localtimestamp"',
        'SQL = "WHERE day = CURRENT_DATE"',
        "SQL = \"SELECT 'now'::timestamptz\"",
        "from django.db.models.functions import Now",
        "at = functions.Now()",
        "at = models.DateTimeField(db_default=Now())",
        "from django.contrib.postgres.functions import TransactionNow as then",
    ],
)
def test_the_databases_time_would_be_found(text: str) -> None:
    assert times_asked(ast.parse(text)) == [1]


def test_the_clock_of_the_app_is_no_time_of_the_database() -> None:
    text = '"""Times are never those of now()."""\nat = clock.now()\nsaid = "see clock.now() now"'
    assert times_asked(ast.parse(text)) == []
