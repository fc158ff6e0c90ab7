"""Every address of the product, and what to know to visit it. A route that isn't here fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Route:
    """One address. ``kwargs`` maps its parameters to names of ``Things.ids`` or, after "=",
    to fixed text; ``body`` likewise for a form. ``methods`` are those that look the object
    up, and ``by`` is who may do that to one of their own.
    """

    kwargs: dict[str, str] = field(default_factory=dict)
    methods: tuple[str, ...] = ("GET",)
    body: dict[str, str] = field(default_factory=dict)
    by: str = "owner"

    @property
    def has_object(self) -> bool:
        """Whether it names something that belongs to one tenant."""
        return any(not value.startswith("=") for value in self.kwargs.values())


PLAIN = Route()
POST = ("POST",)
ITEM, LANE, SOURCE = {"item_id": "item"}, {"slug": "workflow"}, {"name": "source"}
PERSON, WEEK = {"pk": "membership"}, {"week": "week"}

INSIDE = {
    "start": PLAIN,
    "review": PLAIN,
    "review_batch": Route(methods=POST),
    "review_batch_back": Route(methods=POST),
    "review_filter_save": Route(methods=POST, body={"name": "=Today", "due": "=today"}),
    "review_filter_remove": Route({"pk": "filter"}, POST),
    "review_item": Route(ITEM),
    "review_comment": Route(ITEM, POST, {"comment": "=Yes, it is."}),
    "review_decide": Route(ITEM, POST, {"choice": "=take_over", "content_hash": "content_hash"}),
    "review_difference": Route(ITEM, POST, {"choice": "=correct"}),
    "review_form": Route({**ITEM, "proposal_id": "proposal"}),
    "review_form_picture": Route({**ITEM, "proposal_id": "proposal"}),
    "review_here": Route(ITEM, POST),
    "review_later": Route(ITEM, POST, {"until": "=2020-01-01T00:00:00+00:00"}),
    "review_confirm": Route(ITEM),
    "review_back": Route(ITEM, POST),
    "review_undo": Route(ITEM, POST, {"words": "=changed her mind"}),
    "exceptions": PLAIN,
    "workflows": PLAIN,
    "workflow": Route(LANE),
    "workflow_edit": Route(LANE, ("GET", "POST"), {"definition": "=x: y"}, by="operator"),
    "workflow_check": Route(LANE, POST, {"definition": "=x: y"}, by="operator"),
    "workflow_new": Route(methods=("GET", "POST"), by="operator"),
    "workflow_check_new": Route(methods=POST, by="operator"),
    "workflow_versions": Route(LANE),
    "version_difference": Route({**LANE, "before": "=1", "after": "=1"}),
    "version": Route({**LANE, "number": "=1"}),
    "version_again": Route({**LANE, "number": "=1"}, methods=("GET", "POST"), by="operator"),
    "workflow_pause": Route(LANE, POST, {"reason": "=later"}),
    "workflow_unpause": Route(LANE, POST, {"reason": "=now"}),
    "workflow_start": Route(LANE, POST, {"key": "=k", "json": "={}"}),
    "workflow_drill": Route(LANE),
    "workflow_drill_run": Route(LANE, POST, by="operator"),
    "workflow_drill_state": Route(LANE),
    "policies": PLAIN,
    "policy_add": Route(methods=POST),
    "policy_preview": Route(methods=POST),
    "policy_hours": Route(methods=POST),
    "policy_take_back": Route(methods=POST),
    "policy_away": Route(methods=POST),
    "policy_back": Route({"pk": "absence"}, POST),
    "policy": Route({"pk": "policy"}, ("GET", "POST")),
    "policy_remove": Route({"pk": "policy"}, POST),
    "policy_up": Route({"pk": "policy"}, POST),
    "budgets": PLAIN,
    "budget_add": Route(methods=POST),
    "budget_unpriced": Route(methods=POST),
    "budget": Route({"pk": "budget"}, POST, {"amount": "=1", "warn_at": "=80", "then": "=person"}),
    "budget_remove": Route({"pk": "budget"}, POST),
    "notices": Route(methods=("GET", "POST")),
    "notices_try": Route(methods=POST),
    "device_add": Route(methods=POST),
    "device_remove": Route({"pk": "device"}, POST),
    "quality": PLAIN,
    "quality_share": Route(methods=POST),
    "quality_planting": Route(methods=POST),
    "quality_plant": Route({"item_id": "decided"}, ("GET", "POST"), by="operator"),
    "looks": PLAIN,
    "look": Route({"look_id": "look"}),
    "look_answer": Route({"look_id": "look"}, POST, {"choice": "=accept"}),
    "mailboxes": Route(by="operator"),
    "mailbox_add": Route(methods=("GET", "POST"), by="operator"),
    "mailbox": Route({"name": "mailbox"}, ("GET", "POST"), by="operator"),
    "mailbox_check": Route({"name": "mailbox"}, POST, by="operator"),
    "tools": Route(by="operator"),
    "tools_import": Route(methods=("GET", "POST"), by="operator"),
    "tools_document": Route({"api": "document"}, ("GET", "POST"), by="operator"),
    "tools_document_again": Route({"api": "document"}, POST, by="operator"),
    "tools_document_state": Route({"api": "document"}, by="operator"),
    "tools_statement": Route(methods=("GET", "POST"), by="operator"),
    "tools_page": Route(methods=("GET", "POST"), by="operator"),
    "tool_servers": Route(by="operator"),
    "tool_server_add": Route(methods=("GET", "POST"), by="operator"),
    "tool_server": Route({"name": "server"}, ("GET", "POST"), by="operator"),
    "tool_server_change": Route({"name": "server"}, POST, by="operator"),
    "tool_server_look": Route({"name": "server"}, POST, by="operator"),
    "credentials": Route(by="operator"),
    "credential": Route({"name": "secret_name"}, ("GET", "POST"), by="operator"),
    "credential_end": Route({"name": "secret_name"}, POST, by="operator"),
    "connection_add": Route(methods=("GET", "POST"), by="operator"),
    "connection": Route({"name": "connection"}, by="operator"),
    "connection_connect": Route({"name": "connection"}, POST, by="operator"),
    "connection_continue": Route({"name": "connection"}, by="operator"),
    "connection_change": Route({"name": "connection"}, ("GET", "POST"), by="operator"),
    "connection_delete": Route({"name": "connection"}, POST, by="operator"),
    "connection_end": Route({"name": "connection"}, POST, by="operator"),
    "tool_server_connect": Route({"name": "server"}, POST, by="operator"),
    "runs": PLAIN,
    "run": Route({"run_id": "run"}),
    "run_picture": Route({"run_id": "run", "picture_id": "picture"}),
    "run_pause": Route({"run_id": "run"}, POST, {"reason": "=later"}),
    "run_resume": Route({"run_id": "run"}, POST),
    "run_rerun": Route({"run_id": "run"}, POST, {"step": "=reply", "key": "=k"}),
    "run_cancel": Route({"run_id": "run"}, POST, {"reason": "=no"}),
    "sources": PLAIN,
    "source_add": Route(methods=("GET", "POST")),
    "passage": Route({"passage_id": "passage"}),
    "record_piece": Route({"record_id": "record"}),
    "source": Route(SOURCE, ("GET", "POST")),
    "source_file": Route({**SOURCE, "number": "=1"}),
    "source_changes": Route({**SOURCE, "number": "=2"}),
    "source_revise": Route(SOURCE, POST),
    "source_reading": Route(SOURCE),
    "source_reading_put_away": Route(SOURCE, POST),
    "source_verify": Route(SOURCE, POST),
    "reports": PLAIN,
    "report": Route(WEEK),
    "report_items": Route({**WEEK, "bucket": "=decided"}),
    "record": PLAIN,
    "seals": PLAIN,
    "seals_check": Route(methods=POST),
    "people": PLAIN,
    "person_invite": Route(methods=POST),
    "invitation_withdraw": Route({"pk": "invitation"}, POST),
    "invitation_again": Route({"pk": "invitation"}, POST),
    "person_role": Route(PERSON, POST, {"role": "=viewer"}),
    "person_leave": Route(PERSON, POST),
    "person_grant": Route(PERSON, POST, {"workflow": "workflow_id"}),
    "person_take_back": Route(PERSON, POST, {"workflow": "workflow_id"}),
    "staff_assign": Route(methods=POST, by="admin"),
    "staff_unassign": Route({"pk": "assignment"}, POST, by="admin"),
    "key_make": Route(methods=POST),
    "key_revoke": Route({"pk": "api_key"}, POST),
    "stop": Route(methods=("GET", "POST")),
    "resume": Route(methods=POST),
    "admin:index": Route(by="operator"),
    "admin:jsi18n": Route(by="operator"),
    "admin:app_list": Route({"app_label": "=tenants"}, by="operator"),
}


def _admin(model: str, thing: str, *, change: bool = True, delete: bool = False) -> None:
    one = {"object_id": thing}
    both = ("GET", "POST") if change else ("GET",)
    INSIDE[f"admin:{model}_changelist"] = Route(by="operator")
    INSIDE[f"admin:{model}_add"] = Route(methods=("GET", "POST"), by="operator")
    INSIDE[f"admin:{model}_change"] = Route(one, both, by="operator")
    deleting = ("GET", "POST") if delete else ()
    INSIDE[f"admin:{model}_delete"] = Route(one, deleting, {"post": "=yes"}, by="operator")


_admin("tenants_tenant", "tenant")
_admin("tenants_source", "source_id")
_admin("tenants_secret", "secret")
_admin("approvals_tool", "tool")
_admin("approvals_neverrule", "rule", change=False, delete=True)
_admin("workflows_workflow", "workflow_id")
_admin("workflows_version", "version", change=False)

API = {
    "api:run-list": Route(methods=("GET", "POST")),
    "api:run-detail": Route({"pk": "run"}),
    "api:run-events": Route({"pk": "run"}, methods=()),
    "api:run-pause": Route({"pk": "run"}, POST),
    "api:run-resume": Route({"pk": "run"}, POST),
    "api:run-cancel": Route({"pk": "run"}, POST),
    "api:run-rerun": Route({"pk": "run"}, POST, {"step": "=reply"}),
    "api:review-item-list": PLAIN,
    "api:review-item-detail": Route({"pk": "item"}),
    "api:schema": PLAIN,
    "api:docs": PLAIN,
    "api:nowhere": Route({"rest": "=x"}),
}

# Addresses outside any tenant, each with why no tenant's id can be asked for there.
OUTSIDE = {
    "home": "lists the clients of the person",
    "account": "the person's own",
    "invitation": "its token is signed, and names one invitation",
    "definition_schema": "the same for everybody",
    "oauth_client": "says who Handrail is; its part is a hash that names nobody",
    "oauth_callback": "takes an answer by its state, which is its person's and its client's",
    "manifest": "the same for everybody",
    "problem_type": "the same for everybody",
    "service_worker": "the same for everybody",
    "offline": "the same for everybody",
    "client_new": "makes a client",
    "routing": "which models the provider asks; calls are read of assigned clients alone",
    "provider_budgets": "budgets over all clients; a client's are read of assigned ones alone",
    "provider_budget_add": "over all clients",
    "provider_budget": "over all clients",
    "provider_budget_remove": "over all clients",
    **dict.fromkeys(
        (
            "deployment",
            "deployment_add",
            "deployment_remove",
            "deployment_tried",
            "deployment_try",
        ),
        "the provider's models; no client's data is in them",
    ),
    "styleguide": "shows no data",
    "desk": "reads as the person, by policy (tests/portal/desk/test_page.py)",
}
# allauth's: they deal with the person who is signed in, and know no tenant.
OTHERS = "accounts/"


def walk(
    patterns: list[URLPattern | URLResolver], before: str = "", space: str = ""
) -> Iterator[tuple[str, str]]:
    """Every pattern below: its whole text and its name with namespaces."""
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, text, inner)
        else:
            yield text, f"{space}{pattern.name or ''}"


def inside() -> dict[str, str]:
    """Name and text of every address inside a tenant."""
    return _named(settings.TENANT_URLCONF)


def outside() -> dict[str, str]:
    """Name and text of every address outside."""
    return _named(settings.ROOT_URLCONF)


def _named(urlconf: str) -> dict[str, str]:
    found = list(walk(get_resolver(urlconf).url_patterns))
    named = {name or f"unnamed {text}": text for text, name in found}
    assert len(named) == len(found), "two addresses have one name"
    return named
