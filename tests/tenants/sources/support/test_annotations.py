"""What each sentence of a draft rests on: supported, not supported and why, not checkable."""

from typing import Any

import pytest

from tenants.sources.support import annotate

TERMS = (
    "Unused items can be returned within 30 days of delivery. The customer pays the postage.\n\n"
    "Repairs take at least three working days. Refunds over $200 are decided by Dana.\n\n"
    "Opened software is not refunded. The Oak Table costs $300 and the Pine Chair costs $80.\n\n"
    "Every order must be confirmed before it ships. Storage is free for up to two weeks."
)
ORDER = {"order_id": "10412", "customer": "Mia Chen", "total_cents": 4820, "shipped": False,
         "item": "ceramic lamp", "paid_by": "card",
         "delivered_on": "2026-11-07"}  # fmt: skip


def piece(content: Any, n: int = 1, **more: Any) -> dict[str, Any]:
    return {"n": n, "title": "Terms", "content": content, **more}


def only_span(text: str, *found: dict[str, Any]) -> dict[str, Any]:
    (span,) = annotate(text, list(found)).spans
    return span


@pytest.mark.parametrize(
    "said",
    [
        "Unused items can be returned within 30 days of delivery [1].",
        "You can return unused items within 30 days [1].",
        "You can return unused items within thirty days of delivery [1].",
        "Repairs take three working days at least [1].",
        "Opened software can't be refunded [1].",
        "The Oak Table costs 300 dollars [1].",
        "Storage is free for up to 14 days [1].",
        "Dana decides refunds over $200 [1].",
        "Unused items can be returned within 30 days, and the customer pays the postage [1].",
    ],
)
def test_what_a_source_says_is_supported(said: str) -> None:
    assert only_span(said, piece(TERMS))["supported"], only_span(said, piece(TERMS))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Unused items can not be returned within 30 days of delivery [1].", "not"),
        ("Unused items can't be returned within 30 days of delivery [1].", "can't"),
        ("Unused items can never be returned within 30 days [1].", "never"),
        ("Used items can be returned within 30 days of delivery [1].", "unused"),
        ("Opened software is refunded [1].", "not"),
        ("Unopened software is not refunded [1].", "opened"),
        ("Repairs take at most three working days [1].", "at least or at most"),
        ("Repairs take at least four working days [1].", "four"),
        ("Repairs take at least three days [1].", "three"),
        ("Unused items can be returned within 30 weeks of delivery [1].", "30"),
        ("Unused items can be returned within 14 days of delivery [1].", "14"),
        ("Refunds over $20 are decided by Dana [1].", "20"),
        ("Refunds over €200 are decided by Dana [1].", "200"),
        ("Refunds over $200 are decided by Sam [1].", "Sam"),
        ("The Pine Chair costs $300 [1].", "300"),
        ("The Elm Desk costs $300 [1].", "Elm"),
        ("Every order may be confirmed before it ships [1].", "must"),
        ("Every order must be confirmed after it ships [1].", "before"),
        ("Storage is free for at least two weeks [1].", "at least or at most"),
        ("The business pays the postage [1].", "customer"),
        ("Only unused items can be returned within 30 days of delivery [1].", "only"),
        ("Repairs take at least three working days, and opened software is refunded [1].", "not"),
        ("Repairs take at least three working days, and your cat is fed daily [1].", "Nothing"),
    ],
)
def test_what_a_source_does_not_say_is_marked_with_the_reason(said: str, why: str) -> None:
    span = only_span(said, piece(TERMS))
    assert not span["supported"]
    assert why in span["why"]


@pytest.mark.parametrize(
    "said",
    [
        "Your order 10412 was delivered on 7 November [1].",
        "I've refunded $48.20 to your card [1].",
        "The ceramic lamp of order 10412 cost 48.20 [1].",
        "Mia Chen ordered a ceramic lamp [1].",
        "Your order is not shipped [1].",
    ],
)
def test_a_record_supports_what_its_fields_say(said: str) -> None:
    assert only_span(said, piece(ORDER))["supported"], only_span(said, piece(ORDER))


@pytest.mark.parametrize(
    "said",
    [
        "Your order 10413 was delivered on 7 November [1].",
        "Your order 10412 was delivered on 7 December [1].",
        "I've refunded $482.00 to your card [1].",
        "I've refunded $4,820 to your card [1].",
        "Theo Moore ordered a ceramic lamp [1].",
        "Your order 10412 was not delivered on 7 November [1].",
        "Your order is shipped [1].",
    ],
)
def test_a_record_supports_nothing_else(said: str) -> None:
    assert not only_span(said, piece(ORDER))["supported"]


@pytest.mark.parametrize(
    ("said", "source", "is_supported"),
    [
        ("Ware wird innerhalb von 30 Tagen erstattet [1].",
         "Beschädigte Ware wird innerhalb von 30 Tagen erstattet.", True),
        ("Beschädigte Ware wird nicht erstattet [1].", "Beschädigte Ware wird erstattet.", False),
        ("Beschädigte Ware wird innerhalb von 30 Wochen erstattet [1].",
         "Beschädigte Ware wird innerhalb von 30 Tagen erstattet.", False),
        ("Les articles sont remboursés sous deux semaines [1].",
         "Les articles sont remboursés sous deux semaines.", True),
        ("Les articles ne sont pas remboursés [1].", "Les articles sont remboursés.", False),
        ("Los artículos no se devuelven [1].", "Los artículos se devuelven.", False),
        ("Gli articoli non sono rimborsati [1].", "Gli articoli sono rimborsati.", False),
        ("De artikelen worden niet vergoed [1].", "De artikelen worden vergoed.", False),
        ("Os artigos não são devolvidos [1].", "Os artigos são devolvidos.", False),
        ("Die Erstattung beträgt 1.234,56 € [1].", "Die Erstattung beträgt 1234,56 Euro.", True),
    ],
)  # fmt: skip
def test_seven_languages_are_compared(said: str, source: str, is_supported: bool) -> None:
    assert only_span(said, piece(source))["supported"] is is_supported


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Возврат одобрен без проверки [1].", "Товар возврату не подлежит."),
        ("全額を返金いたします [1]。", "返金はお受けしておりません。"),
        ("Η επιστροφή εγκρίθηκε [1].", "Δεν γίνονται επιστροφές."),
        ("تمت الموافقة على الاسترداد [1].", "لا يمكن استرجاع المنتجات."),
        ("अनुरोध स्वीकार किया गया [1]।", "अनुरोध स्वीकार नहीं किया गया।"),
        ("Artikel dapat dikembalikan gratis [1].", "Barang tidak bisa ditukar."),
        ("Ware wird erstattet und geprüft, nicht aber die Fracht [1].", "Goods are refunded."),
    ],
)
def test_what_cant_be_compared_is_never_green_and_says_so(said: str, source: str) -> None:
    span = only_span(said, piece(source))
    assert (span["supported"], span["checkable"]) == (False, False)
    assert "can't be checked" in span["why"]


@pytest.mark.parametrize("said", ["返金はお受けしておりません", "Возврат не принимается"])
def test_a_sentence_quoted_word_for_word_is_supported_in_any_script(said: str) -> None:
    assert only_span(f"{said} [1]", piece(f"前文。\n{said}\n後文。"))["supported"]
    assert not only_span(f"{said[:-3]} [1]", piece(f"前文。\n{said}\n後文。"))["supported"]


def test_a_claim_without_a_source_is_marked_in_every_script() -> None:
    for said in ("Мы вернём вам полную сумму завтра.", "明日全額を返金いたします。"):
        assert not only_span(said)["supported"]


def test_a_green_sentence_has_no_other_source_with_another_number_for_its_words() -> None:
    said = "Unused items can be returned within 30 days [1]."
    other = piece("Unused items can be returned within 14 days.", 2)
    span = only_span(said, piece(TERMS), other)
    assert (span["supported"], span["why"]) == (False, "Source 2 says 14 days, not 30")


@pytest.mark.parametrize(
    "other",
    [
        "Unused items can be returned within 30 days, says the shop.",
        "Unused items can be returned within one month or 30 days.",
        "Parcels arrive within 14 days.",
        "Lamps are repaired within 14 days of delivery.",
    ],
)
def test_another_number_for_other_words_takes_no_green_away(other: str) -> None:
    said = "Unused items can be returned within 30 days [1]."
    assert only_span(said, piece(TERMS), piece(other, 2))["supported"]


def test_a_passages_heading_is_part_of_what_it_says() -> None:
    content = piece("Refunded in full within 30 days.", heading="Damaged items")
    assert only_span("Damaged items are refunded in full within 30 days [1].", content)["supported"]
    assert not only_span("Late items are refunded in full within 30 days [1].", content)[
        "supported"
    ]


def test_a_point_within_a_word_or_after_a_short_form_ends_no_sentence() -> None:
    terms = piece("Send proof, e.g. a photo, to help.shop.example within 3 days.")
    assert only_span("Send proof, e.g. a photo, to help.shop.example [1].", terms)["supported"]
