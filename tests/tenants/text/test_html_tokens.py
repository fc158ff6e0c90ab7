"""A page is cut into tags and texts as browsers cut it."""

import pytest

from tenants.text.html_tokens import LONGEST_ATTRIBUTE, Tag, tokens


def end(name: str) -> Tag:
    return Tag(name, is_end=True)


@pytest.mark.parametrize(
    ("page", "cut"),
    [
        ("", []),
        ("text", ["text"]),
        ("<p>one</p>", [Tag("p"), "one", end("p")]),
        ("a<BR/>b", ["a", Tag("br", is_closed=True), "b"]),
        ("<br / >", [Tag("br")]),
        ("</p >", [end("p")]),
        ("1 < 2", ["1 ", "<", " 2"]),
        ("a<", ["a", "<"]),
        ("<3", ["<", "3"]),
        ("a &amp; b &#228; &nope;", ["a & b ä &nope;"]),
        ("&#99999999999;", ["\ufffd"]),
        # Comments, declarations and instructions.
        ("a<!-- <p> -->b", ["a", "b"]),
        ("a<!-->b", ["a", "b"]),
        ("a<!--->b", ["a", "b"]),
        ("<!DOCTYPE html>b", ["b"]),
        ("<?xml ?>b", ["b"]),
        ("a</>b", ["a", "b"]),
        # What never ends takes the rest of the page along.
        ("a<!-- b", ["a"]),
        ("a<p b", ["a"]),
        ("a<p title='b>c", ["a"]),
        # Raw elements hold text up to their own end tag.
        ("<script>if (a<b) '</p>'</script>c",
         [Tag("script"), "if (a<b) '</p>'", end("script"), "c"]),
        ("<title>a &amp; b</TITLE>", [Tag("title"), "a &amp; b", end("title")]),
        ("<style>a</styles>b", [Tag("style"), "a</styles>b"]),
        ("</script>a", [end("script"), "a"]),
    ],
)  # fmt: skip
def test_a_page_is_cut_into_its_tags_and_texts(page: str, cut: list[Tag | str]) -> None:
    assert list(tokens(page)) == cut


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("<p a=1>", {"a": "1"}),
        ("<p A='x y' b=\"z\">", {"a": "x y", "b": "z"}),
        ("<p hidden>", {"hidden": ""}),
        ("<p a = 'x'>", {"a": "x"}),
        ("<p a=''>", {"a": ""}),
        ("<p a=1 a=2>", {"a": "1"}),
        ("<p a='&amp;&#228;'>", {"a": "&ä"}),
        ("<p a=b/>", {"a": "b/"}),
        ("<p/a/b>", {"a": "", "b": ""}),
        ("<p a='>'>", {"a": ">"}),
    ],
)
def test_attributes_are_read_by_name_and_the_first_counts(
    tag: str, attributes: dict[str, str]
) -> None:
    [found] = tokens(tag)
    assert isinstance(found, Tag)
    assert found.attributes == attributes


def test_attributes_are_kept_within_bounds() -> None:
    [found] = tokens(f"<p a='{'x' * (LONGEST_ATTRIBUTE + 1)}' {'n' * 101}=1 {'m' * 100}=1>")
    assert isinstance(found, Tag)
    assert found.attributes == {"a": "x" * LONGEST_ATTRIBUTE, "m" * 100: "1"}
    [many] = tokens(f"<p {' '.join(f'a{n}' for n in range(101))}>")
    assert isinstance(many, Tag)
    assert list(many.attributes) == [f"a{n}" for n in range(100)]
