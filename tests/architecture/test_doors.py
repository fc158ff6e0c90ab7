"""State moves through one door, and tenant models are walled."""

import ast
from collections.abc import Iterator

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tenants.models import TenantModel
from tenants.wall import OUTSIDE, BuildWall
from tests.architecture.source import APPS, dotted, name, nodes, place, tree
from tests.architecture.source import files as source_files

DOOR = "audit/transitions.py"
WRITES = {"update", "bulk_update", "update_or_create", "get_or_create", "aupdate"}
# Building a row that is then inserted is no move. These make rows.
MAKES = {
    "workflows/engine/state/attempts.py:begin_anew": "a step's next attempt begins as it is told",
    "workflows/services/rerun.py:_copy_steps": "a kept step is done from the start",
    "workflows/engine/state/context.py:begin_row": "a step's row begins as what became of it",
}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    yield from nodes(ast.FunctionDef)


def test_status_is_assigned_in_one_place() -> None:
    astray = []
    for kind in (ast.Assign, ast.AugAssign, ast.AnnAssign):
        for path, node in nodes(kind):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            flat = [t for target in targets for t in ast.walk(target)]
            if path != DOOR and any(
                isinstance(t, ast.Attribute) and t.attr == "status" and isinstance(t.ctx, ast.Store)
                for t in flat
            ):
                astray.append((place(path, node), ast.unparse(node)))
    # An HTTP response's status is not the state of anything of ours.
    assert [a for a in astray if not a[1].startswith(("response.", "error."))] == []


def test_status_is_set_by_no_query_elsewhere() -> None:
    astray = [
        place(path, node)
        for path, node in nodes(ast.Call)
        if path != DOOR
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and (
            any(word.arg == "status" for word in node.keywords)
            or any(isinstance(c, ast.Constant) and c.value == "status" for c in ast.walk(node))
        )
    ]
    assert astray == []


def test_status_is_set_by_no_setattr_and_no_save() -> None:
    astray = []
    for path, node in nodes(ast.Call):
        called = dotted(node.func)
        text = [c.value for c in ast.walk(node) if isinstance(c, ast.Constant)]
        if path == DOOR or "status" not in text:
            continue
        if called == "setattr" or called.endswith((".save", ".bulk_update")):
            astray.append(place(path, node))
    assert astray == []


def test_status_is_written_by_no_sql() -> None:
    astray = [
        place(path, node)
        for path, node in nodes(ast.Constant)
        if isinstance(node.value, str)
        and "UPDATE " in node.value
        and "status" in node.value.partition("SET")[2]
    ]
    assert astray == []


def models_with_a_machine() -> set[str]:
    return {m.__name__ for m in apps.get_models() if hasattr(m, "MACHINE")}


def test_rows_are_built_with_a_status_only_where_that_is_said() -> None:
    named = models_with_a_machine()
    assert {"Run", "StepRun", "Call", "ReviewItem", "Proposal", "Permit"} <= named
    astray = [
        place(path, node)
        for path, function in functions()
        if f"{path}:{function.name}" not in MAKES
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] in {*named, "create"}
        and any(word.arg == "status" for word in node.keywords)
    ]
    assert astray == []


def test_every_machine_covers_its_models_statuses() -> None:
    for model in apps.get_models():
        machine = getattr(model, "MACHINE", None)
        if machine is None:
            continue
        field = model._meta.get_field("status")
        assert [value for value, _ in field.choices] == machine.statuses, model.__name__
        for status, after in machine.follows.items():
            assert after <= set(machine.statuses), f"{model.__name__}.{status}"


# -- Migrations and models -----------------------------------------------------------------


def test_the_migrations_match_the_models() -> None:
    loader = MigrationLoader(None)
    now = ProjectState.from_apps(apps)
    changes = MigrationAutodetector(loader.project_state(), now).changes(loader.graph)
    ours = {app: [m.operations for m in found] for app, found in changes.items() if app in APPS}
    assert ours == {}


def walled_in_migrations() -> set[str]:
    found = set()
    for (app, _), migration in MigrationLoader(None).disk_migrations.items():
        for operation in migration.operations:
            if isinstance(operation, BuildWall):
                found |= {f"{app}.{model.lower()}" for model in operation.names}
    return found


def test_every_tenant_model_is_put_behind_the_wall_by_a_migration() -> None:
    walled = walled_in_migrations()
    wanted = {m._meta.label_lower for m in apps.get_models() if issubclass(m, TenantModel)}
    assert wanted - walled == set()
    # The grants are guardian's shape, so they are walled without the base class.
    assert walled - wanted == {"tenants.objectgrant"}


def test_every_model_is_walled_or_stands_outside_for_a_reason() -> None:
    walled = walled_in_migrations()
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            assert model._meta.label_lower in walled or model._meta.db_table in OUTSIDE, model


def test_migrations_are_linear() -> None:
    graph = MigrationLoader(None).graph
    for app in ("tenants", "audit", "approvals", "workflows", "portal"):
        assert len(graph.leaf_nodes(app)) == 1, app


def test_every_model_of_ours_uses_the_manager_that_needs_a_scope() -> None:
    from tenants.models import TenantManager

    for model in apps.get_models():
        if issubclass(model, TenantModel):
            assert isinstance(model.objects, TenantManager), model
            assert len(model._meta.managers) == 1, model


def test_views_and_serializers_write_no_rows_themselves() -> None:
    """They translate; services write."""
    writes = ("save", "create", "bulk_create", "delete", "update", "get_or_create")
    astray = []
    for path in source_files():
        where = name(path)
        if not where.endswith(("views.py", "view.py", "pwa.py")) and "portal/api/" not in where:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = dotted(node.func)
                if ".objects." in called and node.func.attr in writes:
                    astray.append(place(where, node))
    assert astray == []


# -- Missing rows --------------------------------------------------------------------------


def test_a_missing_row_is_said_in_one_place() -> None:
    """``get_or_not_found`` and its like raise ``NotFound.of``; nobody writes the sentence anew."""
    astray = [
        path
        for path, node in nodes(ast.Call)
        if dotted(node.func) == "NotFound"
        and any(
            isinstance(given, ast.Constant) and str(given.value).startswith("There is no such ")
            for given in node.args
        )
    ]
    # A page of a list is no row.
    assert set(astray) == {"portal/paging.py"}
