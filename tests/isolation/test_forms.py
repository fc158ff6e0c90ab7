"""T2: what a form, a filter or a statement may name."""

import importlib
import pkgutil
from typing import Any
from uuid import UUID, uuid4

import psycopg.errors
import pytest
from django import forms
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

import portal
from portal.admin.site import site
from portal.urls import admin as registered
from tenants.models import TenantForeignKey, TenantModel
from tenants.scope import tenant_scope
from tests.browsing import browser, fields
from tests.isolation.furnished import Things
from tests.isolation.routes import INSIDE
from tests.isolation.test_routes import api, call, path_of, said
from tests.world import DEFINITION, World

pytestmark = pytest.mark.django_db
assert registered.REGISTERED


# -- T2: relations in forms of pages ----------------------------------------------------------

KIND = {"unit": "money", "period": "month"}
# Form field: the address it is posted to, what else to post, and whose id it takes.
RELATIONS = {
    # Of everybody's staff: a person of another client is no choice. Only admins may assign.
    "people.StaffForm.user": [("staff_assign", {}, "person")],
    "people.GrantForm.workflow": [
        ("person_grant", {}, "workflow_id"),
        ("person_take_back", {}, "workflow_id"),
    ],
    "sources.SourceForm.owner": [
        (
            "source_add",
            {
                "name": "new-one",
                "title": "T",
                "kind": "document",
                "authority": "2",
                "max_age_days": "9",
            },
            "person",
        )
    ],
    "sources.ChangeForm.owner": [
        ("source", {"title": "T", "authority": "2", "max_age_days": "9"}, "person")
    ],
    "workflows.NewWorkflowForm.owner_id": [
        ("workflow_new", {"definition": DEFINITION.replace("refund-", "new-")}, "person")
    ],
    "policies.PolicyForm.workflow": [
        ("policy_add", {"who": "owner", "needed": "1"}, "workflow_id"),
        ("policy", {"who": "owner", "needed": "1"}, "workflow_id"),
    ],
    "policies.PolicyForm.who": [("policy_add", {"needed": "1"}, "owner")],
    "policies.PolicyForm.also": [("policy_add", {"who": "owner", "needed": "1"}, "owner")],
    "policies.PolicyForm.backup": [
        ("policy_add", {"who": "owner", "needed": "1", "backup_after": "2"}, "owner")
    ],
    "policies.AwayForm.person": [
        ("policy_away", {"first": "2030-01-01", "last": "2030-01-02"}, "owner")
    ],
    "policies.AwayForm.stand_in": [
        ("policy_away", {"first": "2030-01-01", "last": "2030-01-02", "person": "{owner}"}, "owner")
    ],
    "budgets.BudgetForm.whose": [
        ("budget_add", {"amount": "1", "warn_at": "80", "then": "person"} | KIND, "workflow_id")
    ],
    "tools.ImportForm.secret": [("tools_import", {"api": "shop", "document": "x"}, "secret")],
    "tools.StatementForm.secret": [("tools_statement", {"name": "shop.find"}, "secret")],
    "tools.ServerForm.secret": [
        (
            "tool_server_add",
            {"name": "shop", "title": "x", "address": "https://a.example"},
            "secret",
        )
    ],
    "review.CommentForm.ask": [("review_comment", {"comment": "Is it so?"}, "person")],
    "desk.NewClient.staff": [],  # outside tenants: tests/portal/desk/test_client_views.py
}
NO_RELATIONS = {
    "desk.NewClient.timezone",
    "policies.PolicyForm.kind",  # a kind of write and a tool's name: no ids
    "policies.PolicyForm.tool",
    "routing.DeploymentForm.rows",  # numbers of the provider's own rows
    "tools.DeclarationForm.undo",  # operations of the document itself, and of its own tools
    "tools.EffectForm.undo",  # the same
    "tools.StatementForm.undo",  # tools of the tenant, by name: tests/portal/tools
    "tools.BrowserForm.undo",  # the same
    "tools.OfferedToolForm.undo",  # tools that the server itself offers
    "tools.ServerForm.command",  # commands of the deployment
    "sources.SourceForm.supersedes",  # the tenant's own sources, by name: tests/portal/sources
    "sources.ChangeForm.supersedes",  # the same
    "sources._SourceFields.supersedes",
    "sources._SourceFields.owner",  # SourceForm and ChangeForm have it
}


def test_every_choice_that_is_read_from_the_database_is_in_a_table() -> None:
    """T2. A new relation in a form comes with a line that says how it is tried."""
    found = set()
    for info in pkgutil.walk_packages(portal.__path__, "portal."):
        if not info.name.endswith(("forms", "form")):
            continue
        family = info.name.split(".")[1]
        for name, form in vars(importlib.import_module(info.name)).items():
            if isinstance(form, type) and issubclass(form, forms.BaseForm):
                for field_name, field in form.base_fields.items():  # type: ignore[attr-defined]
                    if _is_filled_later(field):
                        found.add(f"{family}.{name}.{field_name}")
    assert found == set(RELATIONS) | NO_RELATIONS


def _is_filled_later(field: forms.Field) -> bool:
    if isinstance(field, forms.ModelChoiceField):
        return True
    return isinstance(field, forms.ChoiceField) and not list(field.choices)


def test_a_form_takes_another_tenants_id_for_a_missing_one(
    world: World, harbor: Things, quill: Things
) -> None:
    """T2."""
    people = {
        "owner": browser(world.harbor.owner),
        "operator": browser(world.operator),
        "admin": browser(world.admin),
    }
    before = harbor.events()
    tried = [(r.rpartition(".")[2], *given) for r, tries in RELATIONS.items() for given in tries]
    for name, route, body, kind in tried:
        path = path_of(route, harbor.slug, harbor.ids)
        answers, who = [], people[INSIDE[route].by]
        for asked in (quill.ids[kind], str(uuid4())):
            own = {k: harbor.ids[v[1:-1]] for k, v in body.items() if v.startswith("{")}
            given = {**body, **own, name: asked, "_tenant": harbor.slug}
            answers.append(said(who.post(path, given), asked))
        assert answers[0] == answers[1], route
        assert answers[0][0] == 400, route
    assert harbor.events() == before


FILTERS = [
    ("runs", "workflow", "workflow"),
    ("record", "object", "run"),
    ("record", "actor", "person"),
    ("report_items", "from", "item"),
    ("source", "revision", "passage"),
    ("review", "kind", "item"),
]


def test_a_filter_takes_another_tenants_id_for_a_missing_one(
    world: World, harbor: Things, quill: Things
) -> None:
    """T2."""
    who = browser(world.harbor.owner)
    for route, param, kind in FILTERS:
        path = path_of(route, harbor.slug, harbor.ids)
        nobody = "no-such-lane" if kind == "workflow" else str(uuid4())
        answers = [said(who.get(path, {param: one}), one) for one in (quill.ids[kind], nobody)]
        assert answers[0] == answers[1], (route, param)


# -- T2: the API --------------------------------------------------------------------------------


def test_the_api_takes_another_tenants_workflow_for_a_missing_one(
    harbor: Things, quill: Things
) -> None:
    """T2. In the body, in the filter, and in fields that no request has."""
    before, runs = harbor.events(), api("api:run-list")
    for lane in (quill.ids["workflow"], quill.ids["workflow_id"]):
        bodies = [{"workflow": name, "input": {}} for name in (lane, "no-such-lane")]
        answers = [said(_start(harbor.key, body), lane, "no-such-lane") for body in bodies]
        assert answers[0] == answers[1]
        assert answers[0][0] == 400
        queries = [f"{runs}?workflow={name}" for name in (lane, "no-such-lane")]
        found = [said(call(harbor.key, "GET", q), lane, "no-such-lane") for q in queries]
        assert found[0] == found[1]
        assert found[0][0] == 400
    for extra in ("tenant", "tenant_id", "version", "run", "asked_by_id"):
        body = {"workflow": harbor.ids["workflow"], "input": {}, extra: quill.ids["tenant"]}
        assert _start(harbor.key, body).status_code == 400
    assert harbor.events() == before


def _start(key: str, body: dict[str, Any]) -> HttpResponse:
    headers = {"Authorization": f"Bearer {key}"}
    return Browser().post(  # type: ignore[return-value]
        api("api:run-list"), body, content_type="application/json", headers=headers
    )


def test_nothing_can_be_sorted_by_what_is_not_there(harbor: Things, quill: Things) -> None:
    """T2. Sorting is fixed: newest first; another tenant's rows are in no order of it."""
    runs = api("api:run-list")
    plain = [run["id"] for run in call(harbor.key, "GET", runs).json()["results"]]
    assert plain
    assert quill.ids["run"] not in plain
    for sort in ("ordering=tenant_id", "sort=tenant", "o=1"):
        refused = call(harbor.key, "GET", f"{runs}?{sort}")
        assert refused.status_code == 400
        assert "There is no such filter" in refused.content.decode()
    # A cursor that was made up: base64 of "p=1".
    assert call(harbor.key, "GET", f"{runs}?cursor=cD0x").status_code == 404


# -- T2: the admin --------------------------------------------------------------------------------


def _relations(world: World, harbor: Things) -> list[tuple[str, str, str]]:
    """Every relation the admin's forms can write: model, adding or changing, field."""
    found = []
    request: Any = RequestFactory().get("/")
    request.tenant, request.actor = harbor.client.tenant, world.staff(harbor.client)
    request.user = world.operator
    with tenant_scope(harbor.client.tenant.pk):
        for model, model_admin in site._registry.items():
            obj = model_admin.get_queryset(request).first()
            for what, of in (("add", None), ("change", obj)):
                allowed = getattr(model_admin, f"has_{what}_permission")(request)
                form = model_admin.get_form(request, of, change=bool(of)) if allowed else None
                for name, field in form.base_fields.items() if form else ():
                    if isinstance(field, forms.ModelChoiceField):
                        found.append((model._meta.label_lower.replace(".", "_"), what, name))
    return found


def test_the_admin_takes_another_tenants_id_for_a_missing_one(
    world: World, harbor: Things, quill: Things
) -> None:
    """T2. Every relation of every admin form, found by introspection."""
    who, before, tried = browser(world.operator), harbor.events(), 0
    for model, what, name in _relations(world, harbor):
        path = path_of(f"admin:{model}_{what}", harbor.slug, harbor.ids)
        given = fields(who.get(path).content)
        answers = [
            said(who.post(path, {**given, name: asked}), asked)
            for asked in (quill.ids["person"], str(uuid4()))
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 400
        assert "Select a valid choice" in answers[0][1]
        tried += 1
    assert tried >= 3
    assert harbor.events() == before


def test_the_admins_filters_take_another_tenants_id_for_a_missing_one(
    world: World, harbor: Things, quill: Things
) -> None:
    """T2. Filters, and columns that no filter names."""
    who = browser(world.operator)
    versions = path_of("admin:workflows_version_changelist", harbor.slug, {})
    for asked in ("workflow__id__exact", "workflow"):
        pair = [quill.ids["workflow_id"], str(uuid4())]
        answers = [said(who.get(versions, {asked: one}), one) for one in pair]
        assert answers[0] == answers[1]
    for model in ("tenants_source", "approvals_tool", "workflows_workflow", "tenants_tenant"):
        path = path_of(f"admin:{model}_changelist", harbor.slug, {})
        for column in ("tenant", "tenant_id__exact", "id", "owner__password__startswith"):
            assert who.get(path, {column: quill.ids["tenant"]}).status_code == 400


def test_the_admins_lists_and_searches_hold_ones_own_only(
    world: World, harbor: Things, quill: Things
) -> None:
    """T7, T2. Searching for another tenant's names finds nothing."""
    who = browser(world.operator)
    for model in ("tenants_source", "workflows_workflow", "approvals_tool"):
        path = path_of(f"admin:{model}_changelist", harbor.slug, {})
        for query in ({}, {"q": quill.ids["workflow"]}, {"o": "-1"}, {"all": ""}, {"p": "1"}):
            page = who.get(path, query).content.decode()
            for name in ("workflow_id", "source_id", "tool"):
                assert quill.ids[name] not in page


# -- T2: raw SQL ----------------------------------------------------------------------------------


def _links() -> list[tuple[type[TenantModel], TenantForeignKey]]:
    return [
        (model, field)
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.local_concrete_fields
        if isinstance(field, TenantForeignKey)
    ]


def test_raw_sql_with_another_tenants_id_hits_the_composite_key(
    harbor: Things, quill: Things
) -> None:
    """T2. Every link inside the wall, as the role the product works with."""
    tried = []
    for model, field in _links():
        with tenant_scope(quill.client.tenant.pk):
            foreign = field.related_model.objects.values_list("pk", flat=True)[0]  # type: ignore[union-attr]
        with tenant_scope(harbor.client.tenant.pk):
            row = model.objects.values_list("pk", flat=True)[0]
            hit = _constraint_of(model, field.column, row, foreign)
        assert hit == f"{model._meta.db_table}_{field.column}_wall"
        tried.append(hit)
    assert len(tried) >= 15


def _constraint_of(model: type[models.Model], column: str, row: UUID, foreign: UUID) -> str | None:
    """Point a row at another tenant's; the constraint that refuses it."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'UPDATE')", [table])
        may_update = cursor.fetchone()[0]
        try:
            with transaction.atomic():
                if may_update:
                    sql = f'UPDATE {table} SET "{column}" = %s WHERE id = %s'
                    cursor.execute(sql, [foreign, row])
                else:
                    cursor.execute(*_copy(model, column, row, foreign))
        except IntegrityError as error:
            cause = error.__cause__
            violated = isinstance(cause, psycopg.errors.ForeignKeyViolation)
            return cause.diag.constraint_name if violated else repr(cause)
    return None


def _copy(
    model: type[models.Model], column: str, row: UUID, foreign: UUID
) -> tuple[str, list[UUID]]:
    """A statement that inserts a row again with another id, pointing elsewhere."""
    plain = [
        f'"{field.column}"'
        for field in model._meta.local_concrete_fields
        if not field.generated and field.column not in ("id", column)
    ]
    rest = ", ".join(plain)
    table = model._meta.db_table
    copied = f"SELECT %s, %s, {rest} FROM {table} WHERE id = %s"
    sql = f'INSERT INTO {table} (id, "{column}", {rest}) {copied}'
    return sql, [uuid4(), foreign, row]
