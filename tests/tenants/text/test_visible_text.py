"""What a reader of HTML sees: apart where it stands apart, hidden only where it is hidden."""

import time

import pytest

from tenants.text.visible_text import TextSection, page_sections, visible


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<p style='font-size:0.9em'>Refund 48.20.", "Refund 48.20."),
        ("<p style='font-size:0!important'>no</p>yes", "yes"),
        ("<p style='font:0/0 a'>no</p><p style='font:bold 12px/30px x'>yes", "yes"),
        ("<table><td style='font-size:0px'><i style='font-size:13px'>yes</i>no</table>", "yes"),
        ("<p style='font-size:0'><b style='font-size:2em'>no</b></p>yes", "yes"),
        ("<div style='visibility:hidden'>no<b style='visibility:visible'>yes</b></div>", "yes"),
        ("<div style='display:none'>no<b style='display:block'>no</b></div>yes", "yes"),
        ("<p style='display:none;display:block'>yes", "yes"),
        ("<p style='display:none!important;display:block'>no</p>yes", "yes"),
        ("<p style='/*;*/display:/**/none'>no</p>yes", "yes"),
        ("<p hidden style='display:block'>yes", "yes"),
        ("<div style='max-height:0;overflow:hidden'>no</div>yes", "yes"),
        ("<div style='max-height:0'>yes</div>", "yes"),
        ("<p style='opacity:0'>no</p><p style='opacity:0.4'>yes", "yes"),
        ("<p style='color:red'>yes", "yes"),
        ("<dialog>no</dialog><dialog open>yes</dialog>", "yes"),
    ],
)
def test_hidden_is_what_its_style_hides_and_nothing_else(page: str, seen: str) -> None:
    assert visible(page) == seen


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<p style='display:none'>no<p>yes", "yes"),
        ("<p hidden>no<div>yes</div>", "yes"),
        ("<ul><li hidden>no<li>yes<ul><li>in</ul></ul>", "yes\n\nin"),
        ("<dl><dt hidden>no<dd>yes</dl>", "yes"),
        ("<table><tr><td hidden>no<td>yes<tr hidden><td>no<tr><td>too</table>", "yes\ntoo"),
        ("<table><tbody hidden><tr><td>no<tbody><tr><td>yes</table>", "yes"),
        ("<table hidden><tr><td><table><tr><td>no</table>no</table>yes", "yes"),
        ("<div><span hidden>no</div>yes", "yes"),
        ("<div hidden>no</p>no</td>no</div>yes", "yes"),
        ("<span hidden><div>no</span>no</div></span>yes", "yes"),
        ("<p><b hidden>no<p>no</b>yes", "yes"),
        ("<table><tr><td><b hidden>no<td>yes</table>", "yes"),
        ("<div hidden/>no</div>yes", "yes"),
        ("<b>yes<div hidden>no</b>no</div>too", "yestoo"),
        ("<b hidden>no<div>no</b>yes</div>", "yes"),
        ("<div hidden>no<td style='display:block'>no</div>yes", "yes"),
        ("<table hidden><tr><td>no</td>yes</table>", "yes"),
        ("<table style='font-size:0'><div style='font-size:9px'>yes</div><td>no</table>", "yes"),
        ("<div hidden><table>no<tr>no</table></div>yes", "yes"),
        ("<table><table hidden><tr><td>no</table>yes", "yes"),
        ("<ul hidden><li>no<div>no<li>no</ul>yes", "yes"),
        ("<select hidden><option>no</select><p><option hidden>no<option>yes", "yes"),
        ("<h1 hidden>no<h2>yes</h1>", "yes"),
        ("<img hidden src=x><br hidden>yes", "yes"),
        ("<head><title>no</title><p>yes", "yes"),
        ("<head><style>no</style>yes", "yes"),
    ],
)
def test_an_end_tag_that_is_left_out_ends_what_it_ends_in_browsers(page: str, seen: str) -> None:
    assert visible(page) == seen


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<table><tr><th>Order</th><th>Sum</th><tr><td>10412</td><td>48.20</td></table>",
         "Order Sum\n10412 48.20"),
        ("<label>Name</label>Ada<button>Send</button>now", "Name Ada Send now"),
        ("<dt>Order</dt><dd>10412</dd><address>Street 1</address>", "Order\n\n10412\n\nStreet 1"),
        ("<header>one</header><main>two</main><footer>three</footer>", "one\n\ntwo\n\nthree"),
        ("<span style='display:block'>10412</span><span style='display:block'>2</span>",
         "10412\n\n2"),
        ("a<b>b</b>c<wbr>d", "abcd"),
        ("<pre>one\ntwo</pre>three\nfour", "one\ntwo\nthree four"),
        ("Rück&shy;gabe<p>&#8203;&zwnj;&#847;</p><p>e&#769;", "Rückgabe\n\né"),
    ],
)  # fmt: skip
def test_what_stands_apart_is_read_apart(page: str, seen: str) -> None:
    assert visible(page) == seen


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<a href='https://files.example/1'>here</a>", "here (https://files.example/1)"),
        ("<a href='https://www.shop.example/'>shop.example</a>", "shop.example"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<a href='mailto:a@b.example'>Ada</a>", "Ada (mailto:a@b.example)"),
        ("<a href='javascript:x'>no</a> <a href='/in'>in</a> <a href='#a'>a</a>", "no in a"),
        ("<a href='https://one.example'>1<a href='https://two.example'>2</a>",
         "1 (https://one.example) 2 (https://two.example)"),
        ("<a href='https://one.example'><img alt=Offer></a>", "Offer (https://one.example)"),
        ("<div hidden><a href='https://one.example'>no</a></div>yes", "yes"),
        ("<img alt='The broken lamp'>see above<img alt='' src=x>", "The broken lamp see above"),
    ],
)  # fmt: skip
def test_where_links_lead_and_what_pictures_show_is_kept(page: str, seen: str) -> None:
    assert visible(page) == seen


def test_text_stands_under_its_headings() -> None:
    page = "before<h1>Returns <i>and</i> repairs<p>Free.</p><h2 hidden>no</h2>So.<h3>Late</h3>No."
    assert page_sections(page) == [
        TextSection("", "before"),
        TextSection("Returns and repairs", "Free.\nSo."),
        TextSection("Late", "No."),
    ]


UNITS = {
    "divs": "<div>",
    "hidden letters, again and again": "<b hidden><div></div>",
    "hidden letters in paragraphs": "<b hidden><p>",
    "cells": "<td>",
    "tables": "<table><td>",
    "lists": "<ul><li>",
    "headings": "<h1>",
    "links": "<a href=https://x.example>x",
    "ends of nothing": "<div><span></div></b></td></p>",
    "objects": "<object><td></td>",
    "styles": "<p style='" + "x:y;" * 20 + "'>",
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_time_grows_with_the_size_of_a_page_and_not_with_its_square(unit: str) -> None:
    """G8"""
    took = []
    for size in (60_000, 480_000):
        page = unit * (size // len(unit))
        began = time.thread_time()
        visible(page)
        took.append(time.thread_time() - began)
    # Eight times the size: linear work takes 8 times, work by the square 64 times.
    assert took[1] < 40 * max(took[0], 0.02)
