"""Multipart forms are read back by Django as they were meant."""

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from workflows.openapi.form_bodies import multipart_form

NAMES = st.text("abc[]_ é", min_size=1, max_size=8).filter(lambda name: name == name.strip())
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def read_back(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    body, kind = multipart_form(pairs)
    request = RequestFactory().generic("POST", "/", body, content_type=kind)
    assert not request.FILES
    return [(name, text) for name, texts in request.POST.lists() for text in texts]


def test_fields_are_read_back_in_their_order() -> None:
    pairs = [("note", "a\r\nb"), ("note", 'é; "x"'), ("empty", "")]
    assert read_back(pairs) == pairs


def test_the_same_fields_make_the_same_body() -> None:
    assert multipart_form([("a", "b")]) == multipart_form(iter([("a", "b")]))
    assert multipart_form([("a", "b")]) != multipart_form([("a", "c")])


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=5, unique_by=lambda pair: pair[0]))
def test_no_text_leaves_its_field(pairs: list[tuple[str, str]]) -> None:
    assert read_back(pairs) == pairs
