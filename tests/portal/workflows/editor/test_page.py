"""The editor of definitions: what it says while one writes, and what it refuses."""

import re

import pytest

from tenants.scope import tenant_scope
from tests.portal.visiting import ROLES, Visitor, text, visit
from tests.world import DEFINITION, World, make_world
from workflows.models import Version, Workflow
from workflows.services.definitions import publish

pytestmark = pytest.mark.django_db
EDIT, CHECK = "workflows/refund-replies/edit/", "workflows/refund-replies/check/"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def versions(world: World) -> int:
    with tenant_scope(world.harbor.tenant.pk):
        return Version.objects.count()


def test_the_people_of_the_client_look_and_do_not_write(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        changed = DEFINITION.replace("same day", "next day")
        publish(world.harbor.workflow, text=changed, actor=world.staff(world.harbor))
    for role in ROLES:
        visitor = visit(getattr(world.harbor, role), world.harbor)
        assert "New workflow" not in text(visitor.get("workflows/"))
        assert visitor.get(EDIT).status_code == 403
        assert visitor.post(CHECK, definition=DEFINITION).status_code == 403
        assert visitor.get("add-workflow/").status_code == 403
        assert visitor.post("add-workflow/check/", definition=DEFINITION).status_code == 403
        page = text(visitor.get("workflows/refund-replies/versions/1..2/"))
        assert "Changed: brief.why." in page
        assert "versions/1..2/" in text(visitor.get("workflows/refund-replies/versions/"))


def test_a_reviewer_of_the_provider_does_not_write_either(world: World) -> None:
    assert visit(world.reviewer, world.harbor).get(EDIT).status_code == 403


def test_a_check_keeps_nothing_and_names_every_problem_with_its_place(
    world: World, operator: Visitor
) -> None:
    broken = DEFINITION.replace("mail.send", "mail.sned").replace("[reply]", "[rply]")
    answer = operator.post(CHECK, definition=broken.replace("\n", "\r\n"))
    page = text(answer)
    assert answer.status_code == 200
    line = next(n for n, row in enumerate(broken.split("\n"), 1) if "mail.sned" in row)
    assert f'data-line="{line}" data-column="7"' in page
    assert "There is no step called rply." in page
    assert 'hx-swap-oob="true"' in page
    assert page.count("drawing-mark-wrong") >= 2
    assert versions(world) == 1


def test_mistakes_of_every_kind_are_said_together_and_none_twice(
    world: World, operator: Visitor
) -> None:
    broken = DEFINITION.replace("title:", "titel:", 1).replace("mail.send", "mail.sned")
    page = text(operator.post(CHECK, definition=broken.replace("workflow: ", "workflow: not-", 1)))
    for said in (
        "There is no such setting here.",
        "There is no tool called mail.sned.",
        "This is the definition of refund-replies: keep the name.",
    ):
        assert page.count(said) == 1, said
    taken = text(operator.post("add-workflow/check/", definition=DEFINITION))
    assert taken.count("There is a workflow refund-replies already.") == 1


def test_a_text_that_cannot_be_read_leaves_the_picture_alone(operator: Visitor) -> None:
    page = text(operator.post(CHECK, definition="steps: ["))
    assert "Line 1, column" in page
    assert 'id="drawn"' not in page
    assert "as it could last be read" in page
    assert "1 problem" in text(operator.post(CHECK, definition=""))
    assert operator.post(CHECK, definition="x" * 200_001).status_code == 400


def test_the_summary_says_what_it_may_read_use_and_never_do_and_who_decides(
    operator: Visitor,
) -> None:
    page = text(operator.get(EDIT))
    summary = page.split('id="summary-title"')[1]
    assert "Returns policy <span" in summary
    assert "(orders)" in summary
    assert "write, refund" in summary
    assert summary.count("only once a person approved it") == 2
    assert "Owner Harbor &amp; Pine" in summary
    assert "within 24 hours" in summary
    assert "Never shop.refund where args.amount.value &gt; 20000." in summary
    lower = DEFINITION.replace("rung: execute_with_approval", "rung: draft_only")
    page = text(operator.post(CHECK, definition=lower))
    assert page.count("refused: the rung is too low") == 2


def test_a_definition_that_asks_for_more_than_the_workflow_may_says_so(
    world: World, operator: Visitor
) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Workflow.objects.update(rung="draft_only")
    page = text(operator.get(EDIT))
    assert "it is held lower here" in page
    assert "refused: the rung is too low" in page


def test_the_editor_says_what_would_change_before_it_is_published(operator: Visitor) -> None:
    assert "Nothing yet: it is version 1 as it is live." in text(operator.get(EDIT))
    remark = text(operator.post(CHECK, definition="# why\n" + DEFINITION))
    assert "Only the writing differs" in remark
    changed = DEFINITION.replace("returns-policy, orders]", "orders]")
    page = text(
        operator.post(CHECK, definition=changed.replace("  - name: send", "  - name: tell"))
    )
    assert "No longer reads returns-policy." in page
    for what, word in (("added", "new"), ("removed", "removed")):
        assert re.search(rf"drawing-mark-{what}.*?>{word}</text>", page)
    assert "<del>" in page
    assert "<ins>" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_was_published_meanwhile_is_shown_and_the_text_is_kept(
    world: World, operator: Visitor
) -> None:
    theirs = DEFINITION.replace("rung: execute_with_approval", "rung: draft_only")
    with tenant_scope(world.harbor.tenant.pk):
        publish(world.harbor.workflow, text=theirs, actor=world.staff(world.harbor, world.admin))
    mine = DEFINITION.replace("same day", "next day")
    answer = operator.post(EDIT, definition=mine, base=1, publish="1")
    assert answer.status_code == 409
    meanwhile, rest = text(answer).split("</section>", 1)
    assert "Rung lowered from execute with approval to draft only." in meanwhile
    assert "Rung raised from draft only to execute with approval." in rest
    assert 'name="base" value="2"' in rest
    assert "requests the next day" in rest
    assert versions(world) == 2
    assert operator.post(EDIT, definition=mine, base=2, publish="1").status_code == 302


def test_a_new_workflow_begins_from_a_definition_that_works(
    world: World, operator: Visitor
) -> None:
    page = operator.get("add-workflow/")
    assert "No problems" in text(page)
    assert "# yaml-language-server: $schema=http" in text(page)
    written = page.content.decode().split("<textarea")[1].split(">\n", 1)[1]
    written = written.split("</textarea>")[0].replace("&quot;", '"')
    form = {"definition": written, "owner_id": str(world.harbor.owner.pk), "publish": "1"}
    answer = operator.post("add-workflow/", note="To begin with", **form)
    assert answer.status_code == 302
    assert "version 1 of it is live" in text(operator.get("workflows/new-workflow/"))
    again = operator.post("add-workflow/", **form)
    assert again.status_code == 400
    assert "There is a workflow new-workflow already." in text(again)
    stranger = form | {"owner_id": str(world.quill.owner.pk)}
    assert operator.post("add-workflow/", **stranger).status_code == 400


def test_the_name_of_a_workflow_stays(operator: Visitor) -> None:
    renamed = DEFINITION.replace("workflow: refund-replies", "workflow: others")
    page = text(operator.post(CHECK, definition=renamed))
    assert "This is the definition of refund-replies: keep the name." in page
    assert operator.post(EDIT, definition=renamed, base=1, publish="1").status_code == 400


def test_how_many_calls_go_at_once_is_said_where_it_is_written_and_where_it_holds(
    world: World, operator: Visitor
) -> None:
    limited = DEFINITION.replace("title:", "at_once: 4\ntitle:", 1)
    said = "At most 4 of its calls to models and tools are under way together"
    assert said in text(operator.post(CHECK, definition=limited))
    assert said not in text(operator.get("workflows/refund-replies/"))
    assert operator.post(EDIT, definition=limited, base=1, publish="1").status_code == 302
    assert said in text(operator.get("workflows/refund-replies/"))
    wrong = text(operator.post(CHECK, definition=limited.replace("at_once: 4", "at_once: 0")))
    assert "(at_once)" in wrong
    assert "greater than or equal to 1" in wrong
