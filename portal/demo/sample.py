"""Sample clients, read from the folders in ``clients`` and made through the services."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from approvals.gate.never_rules import add_rule
from approvals.gate.tools import add_tool
from approvals.rules.ladder import Effect
from approvals.rules.never import Rule
from portal.demo.cast import PASSWORD, STAFF
from tenants import access, roles
from tenants.actors import Actor
from tenants.models import Provider, Source, Tenant, User
from tenants.scope import tenant_scope
from tenants.services.people import add_member
from tenants.services.staff import assign_staff
from tenants.services.tenants import make_tenant
from tenants.sources.services import add_revision, add_source
from workflows.budgets.services import Terms, add_budget
from workflows.budgets.terms import BudgetUnit, Period, Then
from workflows.models import Workflow
from workflows.openapi.document import read_document
from workflows.openapi.imports import ApiAccess, ToolDeclaration, save_tools
from workflows.openapi.operations import read_operations
from workflows.routing.services import store_table
from workflows.services.definitions import make_workflow

DAY = re.compile(r"\{(?P<how>weekday|day) (?P<days>[+-]\d+)\}")
FOLDER = Path(__file__).parent / "clients"
MONEY = {
    "type": "object",
    "required": ["value", "currency"],
    "additionalProperties": False,
    "properties": {"value": {"type": "integer", "minimum": 1}, "currency": {"type": "string"}},
}
TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "money": MONEY,
}
MAIL: dict[str, Any] = {
    "name": "mail.send",
    "title": "E-mail",
    "adapter": "mail",
    "effect": "write",
    "kind": "send",
    "prose_arg": "body",
    "args_schema": {
        "type": "object",
        "required": ["to", "subject", "body"],
        "properties": {
            "to": {"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"},
            "subject": {"type": "string", "maxLength": 200},
            "body": {"type": "string"},
        },
    },
    "phrases": {
        "title": "Reply to {to}: {subject}",
        "also": "tell them why",
        "effect": "this e-mail is sent to {to}",
        "button": "send",
        "undo": "the e-mail can't be unsent",
    },
}


@dataclass(slots=True)
class SampleClient:
    """Sample client: the tenant, its people, its workflows and the settings they came from."""

    tenant: Tenant
    people: list[User]
    operator: User
    workflows: dict[str, Workflow]
    settings: dict[str, Any]
    requests: dict[str, Any]


def make_provider() -> dict[str, User]:
    """Make the provider, its staff and its routing table; return the staff by role."""
    Provider.objects.update_or_create(id=1, defaults={"name": "Northlight Operations"})
    staff = {role: _user(email, name, role) for email, name, role in STAFF}
    table = yaml.safe_load((FOLDER.parent / "routing.yaml").read_text())
    store_table(table, by=staff["admin"], after=0, note="Two models at two prices.")
    return staff


def _user(email: str, name: str, staff_role: str = "") -> User:
    fields = {"name": name, "is_staff": bool(staff_role), "staff_role": staff_role}
    return User.objects.create_user(email, PASSWORD, **fields)


def sample_slugs() -> list[str]:
    """Return the slugs of the sample clients, in the order they are made."""
    return ["harbor-pine", "fernside-dental", "cobalt-cycles"]


def definition(slug: str, workflow: str) -> str:
    """Return the definition (YAML) of a sample workflow's first version."""
    return (FOLDER / slug / "workflows" / f"{workflow}.yaml").read_text()


def make_client(slug: str, staff: dict[str, User], *, shop: str, today: date) -> SampleClient:
    """Make a sample client with people, sources, tools, rules and workflows.

    ``shop`` is host:port of the sample shop; dates in the sources are relative to ``today``.
    """
    settings = yaml.safe_load((FOLDER / slug / "client.yaml").read_text())
    requests = yaml.safe_load((FOLDER / slug / "requests.yaml").read_text())
    role = roles.STAFF_ROLES["admin"]
    actor = Actor("staff", staff["admin"].pk, str(staff["admin"]), role.key, role.capabilities)
    wanted = ("name", "timezone", "currency", "locale", "sends_from")
    tenant = make_tenant(
        slug=slug, actor=actor, allowed_hosts=[shop], **{k: settings[k] for k in wanted}
    )
    people = [_user(p["email"], p["name"]) for p in settings["people"]]
    for user, person in zip(people, settings["people"], strict=True):
        add_member(tenant, user, role=person["role"])
    with tenant_scope(tenant.pk):
        for user in staff.values():
            assign_staff(user, actor=actor)
        owner = access.actor_in(people[0], tenant)
        assert owner is not None
        _sources(slug, settings, people[0], owner, today)
        _tools(settings, shop, actor)
        _operations(slug, settings["reads"], shop, actor)
        for entry in settings.get("budgets", ()):
            _budget(entry, owner if entry["by"] == "owner" else actor)
        workflows = _workflows(slug, settings["agent"], people[0], actor)
        for user, person in zip(people, settings["people"], strict=True):
            for name in person.get("decides", []):
                access.grant(workflows[name], user, actor=owner)
    return SampleClient(tenant, people, staff["operator"], workflows, settings, requests)


def _sources(slug: str, settings: dict[str, Any], owner: User, actor: Actor, today: date) -> None:
    for entry in settings["sources"]:
        wanted = ("name", "title", "kind", "authority", "max_age_days")
        source: Source = add_source(
            owner=owner,
            key_field=entry.get("key_field", ""),
            actor=actor,
            **{name: entry[name] for name in wanted},
        )
        text = (FOLDER / slug / "sources" / entry["file"]).read_text()
        content = _dated(text, today).encode()
        add_revision(source, filename=entry["file"], content=content, actor=actor)


def _dated(text: str, today: date) -> str:
    """Return the text with dates for its marks, such as "{weekday +2}" or "{day -14}"."""

    def day(match: re.Match[str]) -> str:
        found = today + timedelta(days=int(match["days"]))
        return f"{found:%A %-d %B}" if match["how"] == "weekday" else f"{found:%-d %B}"

    return DAY.sub(day, text)


def _tools(settings: dict[str, Any], shop: str, actor: Actor) -> None:
    add_tool(actor=actor, **MAIL)
    for entry in settings["tools"]:
        url = f"http://{shop}{entry['path']}"
        _tool(entry, url, actor, undo_hours=entry["undo_hours"], **_undo(entry["undo"], url, actor))
    for rule in settings["never"]:
        add_rule(
            Rule(
                tool=rule.get("tool", ""),
                condition=rule.get("if", ""),
                text=rule.get("text", ""),
                why=rule["why"],
            ),
            actor=actor,
        )


def _operations(slug: str, reads: dict[str, dict[str, str]], shop: str, actor: Actor) -> None:
    """Turn operations of the client's OpenAPI document on, each as a tool that reads."""
    document = read_document((FOLDER / slug / "api.yaml").read_text())
    declared = [
        ToolDeclaration(one, entry["name"], entry["title"], Effect.READ)
        for one in read_operations(document, f"http://{shop}")
        if (entry := reads.get(one.operation_id))
    ]
    save_tools(declared, ApiAccess(slug), actor=actor)


def _budget(entry: dict[str, Any], actor: Actor) -> None:
    unit, dollars = BudgetUnit(entry["unit"]), 1_000_000
    most = round(entry["most"] * (dollars if unit is BudgetUnit.MONEY else 1))
    terms = Terms(unit, Period(entry["period"]), most, then=Then(entry["then"]))
    add_budget(terms, actor=actor)


def _tool(entry: dict[str, Any], url: str, actor: Actor, **more: Any) -> None:
    add_tool(
        name=entry["name"],
        title=entry["title"],
        adapter="http",
        effect="write",
        kind=entry["kind"],
        takes_key=True,
        phrases=entry["phrases"],
        same_as=entry.get("same_as", ""),
        settings={"url": url},
        args_schema=_schema(entry["schema"], entry.get("required", list(entry["schema"]))),
        actor=actor,
        **more,
    )


def _undo(entry: dict[str, Any], url: str, actor: Actor) -> dict[str, Any]:
    """Add the tool that undoes another and the tool that checks first; return the declaration."""
    reader = f"{entry['name']}_state"
    add_tool(
        name=reader,
        title=f"{entry['title']}: how it stands",
        adapter="http",
        effect="read",
        settings={"url": f"{url}/state"},
        args_schema=_schema({"number": "integer"}, ["number"]),
        actor=actor,
    )
    _tool(entry, f"{url}/cancel", actor)
    check = {
        "tool": reader,
        "args": {"number": "result.body.number"},
        "if": "found.body.state == 'done'",
        "why": "It was changed there since.",
    }
    return {"undo_tool": entry["name"], "undo_args": entry["args"], "undo_check": check}


def _schema(fields: dict[str, str], required: list[str]) -> dict[str, Any]:
    properties = {name: TYPES[kind] for name, kind in fields.items()}
    return {"type": "object", "required": required, "properties": properties}


def _workflows(slug: str, later: str, owner: User, actor: Actor) -> dict[str, Workflow]:
    """Make all workflows but the one that is made later, with its server."""
    made = {}
    for path in sorted((FOLDER / slug / "workflows").glob("*.yaml")):
        if path.stem == later:
            continue
        note = "First version."
        text = definition(slug, path.stem)
        made[path.stem] = make_workflow(text=text, owner=owner, actor=actor, note=note)
    return made
