"""Workflows: make, check, publish, change and pause them."""

import hashlib

from django.conf import settings
from django.db.models import Q

from approvals.gate.tools import known_tools, live_tools
from approvals.rules.ladder import ORDER, Rung
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock, halts
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from tenants.models import Membership, Provider, Source, User
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from workflows.definitions.definition import Definition
from workflows.definitions.problems import DefinitionError, Problem
from workflows.definitions.world import World
from workflows.models import Version, Workflow
from workflows.routing.selectors import table_of
from workflows.services.triggers import replace_triggers
from workflows.steps import handoff
from workflows.triggers.selectors import mailboxes_in_use
from workflows.validation.outward import outward_workflows
from workflows.validation.parse import parse_published, read
from workflows.validation.validate import all_problems

NONE: frozenset[str] = frozenset()


def world() -> World:
    """Return the world of the tenant's definitions: what they may refer to now."""
    table = table_of(Provider.objects.first())
    tools = {tool.name: tool for tool in known_tools(live_tools())}
    handing = _handing_over()
    sources = list(Source.objects.values_list("name", "kind", "sensitivity"))
    return World(
        sources={name: kind for name, kind, _ in sources},
        public=frozenset(name for name, _, how in sources if how == "public"),
        secret=frozenset(name for name, _, how in sources if how == "secret"),
        tools=tools,
        models=frozenset(settings.MODELS),
        mailboxes=mailboxes_in_use(),
        handoffs={
            slug: handoff.targets(found) if found else NONE for slug, found in handing.items()
        },
        routed=frozenset(table.deployments if table else ()),
        outward=outward_workflows(handing, tools),
    )


def _handing_over() -> dict[str, Definition | None]:
    """Return every published workflow's slug, with its definition where it may hand work over.

    Those with an agent are among them.
    """
    published = Workflow.objects.exclude(live=None)
    found: dict[str, Definition | None] = dict.fromkeys(published.values_list("slug", flat=True))
    # Parsing is expensive, and only texts with one of these words can have such a step.
    words = Q(live__definition__contains="handoff") | Q(live__definition__contains="agent")
    for slug, text in published.filter(words).values_list("slug", "live__definition"):
        found[slug] = parse_published(text)
    return found


def examine(text: str, *, of: Workflow | None) -> tuple[Definition | None, list[Problem]]:
    """Return a text's definition and all its problems, each once.

    ``of`` is the workflow the text is written for, None for a new one. The definition is None
    where its shape is wrong.
    """
    try:
        found = read(text)
    except DefinitionError as error:
        return None, error.problems
    named = [Problem(("workflow",), said) for said in _name_problems(found.repaired, of)]
    more = [problem for problem in named if found.is_real(problem)]
    return found.definition, all_problems(found, world(), more)


def _name_problems(definition: Definition | None, of: Workflow | None) -> list[str]:
    slug = definition.head.workflow if definition else ""
    if of is not None:
        keep = f"This is the definition of {of.slug}: keep the name."
        return [keep] if slug and slug != of.slug else []
    taken = bool(slug) and Workflow.objects.filter(slug=slug).exists()
    return [f"There is a workflow {slug} already."] if taken else []


def check(text: str, *, of: Workflow | None = None) -> Definition:
    """Return a text's definition. Raises DefinitionError with all its problems."""
    definition, problems = examine(text, of=of)
    if problems or definition is None:
        raise DefinitionError(problems)
    return definition


def make_workflow(*, text: str, owner: User, actor: Actor, note: str = "") -> Workflow:
    """Make a workflow from its first definition and publish it as version 1.

    Raises DefinitionError, for a name that is taken too, and Invalid for an owner who is no member.
    """
    access.require(actor, Capability.CONFIGURE)
    definition = check(text)
    _check_owner(owner)
    workflow = Workflow(
        slug=definition.head.workflow,
        title=definition.head.title or definition.head.workflow.replace("-", " ").capitalize(),
        owner=owner,
        rung=definition.head.rung,
    )
    workflow.save(force_insert=True)
    record(Verb.WORKFLOW_MADE, workflow, actor=actor, after={"rung": workflow.rung})
    publish(workflow, text=text, actor=actor, note=note)
    return workflow


def _check_owner(owner: User) -> None:
    members = Membership.objects.filter(tenant_id=current_tenant_id(), user=owner, is_active=True)
    if not members.exists():
        raise Invalid("The owner of a workflow must be a member of the business.", code="bad_owner")


def change_workflow(workflow: Workflow, *, owner: User, model: str, actor: Actor) -> None:
    """Change a workflow's owner and model; an empty model means the provider's.

    Raises Invalid for an owner who is no member and for a model that may not be used.
    """
    access.require(actor, Capability.CONFIGURE)
    before = {"owner": str(workflow.owner), "model": workflow.model}
    if owner.pk != workflow.owner_id:
        _check_owner(owner)
    if model and settings.MODELS and model not in settings.MODELS:
        raise Invalid(
            f"{model} may not be used here. Choose one of: {', '.join(settings.MODELS)}.",
            code="bad_model",
        )
    workflow.owner, workflow.model = owner, model
    after = {"owner": str(owner), "model": model}
    if before != after:
        Workflow.objects.filter(pk=workflow.pk).update(owner=owner, model=model)
        record(Verb.WORKFLOW_CHANGED, workflow, actor=actor, before=before, after=after)


def publish(
    workflow: Workflow, *, text: str, actor: Actor, note: str = "", base: int | None = None
) -> Version:
    """Publish a workflow's next version; runs under way keep theirs.

    ``base`` is the number of the live version that ``text`` was written from. Raises
    DefinitionError, and Conflict where another version has gone live since.
    """
    access.require(actor, Capability.CONFIGURE)
    definition = check(text, of=workflow)
    # Locked: of two people who publish at once, the second sees the first one's version.
    _check_base(Workflow.objects.select_for_update().get(pk=workflow.pk), base)
    last = workflow.versions.order_by("-number").first()
    version = Version(
        workflow=workflow,
        number=last.number + 1 if last else 1,
        definition=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        note=note,
        published_by_id=actor.id if actor.is_human else None,
        published_at=clock.now(),
    )
    version.save(force_insert=True)
    Workflow.objects.filter(pk=workflow.pk).update(live=version, at_once=definition.head.at_once)
    workflow.live, workflow.at_once = version, definition.head.at_once
    replace_triggers(workflow, definition)
    record(
        Verb.VERSION_PUBLISHED,
        workflow,
        actor=actor,
        after={"version": version.number, "sha256": version.sha256},
        reason=note,
    )
    return version


def _check_base(locked: Workflow, base: int | None) -> None:
    live = locked.live
    if live and base is not None and base != live.number:
        raise Conflict(
            f"Version {live.number} was published while you wrote. Look at it first.",
            code="version_moved",
            live=live.number,
        )


def change_rung(workflow: Workflow, *, rung: str, actor: Actor, reason: str = "") -> None:
    """Set the highest rung a workflow may stand on now. Raises Invalid for an unknown rung."""
    access.require(actor, Capability.CONFIGURE)
    if rung not in ORDER:
        raise Invalid(f"Choose one of: {', '.join(Rung)}.", code="bad_rung")
    before, workflow.rung = workflow.rung, rung
    Workflow.objects.filter(pk=workflow.pk).update(rung=rung)
    record(
        Verb.WORKFLOW_CHANGED,
        workflow,
        actor=actor,
        before={"rung": before},
        after={"rung": rung},
        reason=reason,
    )


def pause(workflow: Workflow, *, actor: Actor, reason: str = "") -> None:
    """Pause a workflow before its runs' next steps. Raises Conflict where it is paused."""
    _set_paused(workflow, actor=actor, reason=reason, to_pause=True)


def unpause(workflow: Workflow, *, actor: Actor, reason: str = "") -> None:
    """Resume a paused workflow.

    Raises Conflict where it is not paused. Raises Forbidden where the client paused it, except for
    the person who did and the client's owner.
    """
    _set_paused(workflow, actor=actor, reason=reason, to_pause=False)


def _set_paused(workflow: Workflow, *, actor: Actor, reason: str, to_pause: bool) -> None:
    access.require(actor, Capability.STOP)
    moment, by = (clock.now(), halts.halted_by(actor)) if to_pause else (None, None)
    # Read again under a lock: the caller's row may be older than another person's pause.
    former = Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    is_paused = former.paused_at is not None
    if is_paused is to_pause and not (to_pause and halts.may_take_over(actor, former.paused_by)):
        raise Conflict(f"{workflow.title} is {'paused' if to_pause else 'running'} already.")
    if not to_pause:
        halts.check_release(actor, former.paused_by, workflow.title)
    Workflow.objects.filter(pk=workflow.pk).update(paused_at=moment, paused_by=by)
    workflow.paused_at, workflow.paused_by = moment, by
    verb = Verb.WORKFLOW_PAUSED if to_pause else Verb.WORKFLOW_RESUMED
    before = None if to_pause else {"paused_by": halts.halter_name(former.paused_by)}
    record(verb, workflow, actor=actor, before=before, reason=reason)
