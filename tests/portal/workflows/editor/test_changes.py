"""What differs between two versions: in sentences, as a picture and as text."""

import pytest

from portal.workflows.editor.changes import between
from tenants.scope import tenant_scope
from tests.portal.visiting import Visitor, text, visit
from tests.world import DEFINITION, World, make_world
from workflows.models import Version


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def test_versions_that_this_handrail_cannot_read_are_compared_as_text(
    world: World, operator: Visitor
) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        old = Version.objects.get()
        Version(
            workflow=old.workflow, number=2, definition="fetch: all", sha256="0" * 64,
            published_at=old.published_at,
        ).save(force_insert=True)  # fmt: skip
    page = text(operator.get("workflows/refund-replies/versions/1..2/"))
    assert "so only the text is compared" in page
    assert "fetch" in page
    assert operator.get("workflows/refund-replies/versions/1..3/").status_code == 404
    same = text(operator.get("workflows/refund-replies/versions/1..1/"))
    assert "Nothing: the two say the same." in same


def test_two_texts_alike_differ_in_nothing() -> None:
    found = between(DEFINITION, DEFINITION, tools={})
    assert (bool(found), found.sentences, found.can_be_read) == (False, [], True)


def test_a_difference_is_said_drawn_and_shown_as_text() -> None:
    after = DEFINITION.replace("rung: execute_with_approval", "rung: draft_only")
    found = between(DEFINITION, after, tools={}, ident="second")
    assert [one.sentence for one in found.sentences] == [
        "Rung lowered from execute with approval to draft only."
    ]
    changed = [line for block in found.blocks for line in block if line.what != "same"]
    assert [(line.what, line.old, line.new) for line in changed] == [("gone", 4, 0), ("new", 0, 4)]
    assert 'aria-labelledby="second-title second-desc"' in found.picture
    assert len(found.steps) == 4


def test_a_removed_step_is_drawn_and_marked_where_it_stood() -> None:
    after = DEFINITION.replace("name: refund\n", "name: pay\n").replace("[refund]", "[pay]")
    found = between(DEFINITION, after, tools={})
    pays = "asks for shop.refund after reply, only if reply.refund.value > 0."
    assert found.steps == [
        "facts: reads the sources first.",
        "reply: writes a draft after facts.",
        f"refund: {pays} (removed)",
        f"pay: {pays} (new)",
        "send: asks for mail.send after pay. (changed)",
    ]


def test_of_a_text_that_can_not_be_read_only_the_lines_are_shown() -> None:
    for before, after in ((DEFINITION, "a: ["), ("a: [", DEFINITION)):
        found = between(before, after, tools={})
        assert (found.can_be_read, found.sentences, found.picture) == (False, [], "")
        assert bool(found)
