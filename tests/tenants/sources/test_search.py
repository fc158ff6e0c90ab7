"""Passages are found in the letters people write, behind the wall, and by an index."""

import math
import time
import unicodedata

import psycopg
import pytest
from django.db import connection

from tenants.db.statements import SqlStatement
from tenants.models import Passage, Revision, Source
from tenants.scope import current_tenant_id, tenant_scope
from tenants.sources import search
from tenants.sources.services import add_revision, add_source
from tests.world import Client, World, make_world

# Long enough that letters are not compared one by one.
AROUND = "Good morning, I have been a customer for years and would like to ask you something. " * 3

PREPARE = SqlStatement("SELECT length(search_text(%(text)s))")


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def document(client: Client, *paragraphs: str) -> Source:
    """A source of these paragraphs, each long enough to be a passage of its own."""
    actor = client.actor()
    source = add_source(name="doc", title="Doc", kind="document", owner=client.owner, actor=actor)
    text = "\n\n".join(f"{paragraph} {'=' * (880 - len(paragraph))}" for paragraph in paragraphs)
    add_revision(source, filename="d.txt", content=text.encode(), actor=actor)
    return Source.objects.get(pk=source.pk)


def found(source: Source, query: str) -> list[str]:
    """The first word of each hit of the full text, best first."""
    assert source.revision_id is not None
    hits = search.FULL_TEXT.rows(
        query=query, tenant=current_tenant_id(), revisions=[source.revision_id], limit=3
    )
    return [hit.text.split("=")[0].strip() for hit in hits]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (
            "破損した商品は三十日以内に全額返金いたします。",
            "商品が破損していました。返金してください。",
        ),
        ("损坏的商品可在三十天内全额退款。", "我的商品损坏了，可以退款吗？"),
        ("สินค้าที่ชำรุดคืนเงินเต็มจำนวนภายในสามสิบวัน", "สินค้าชำรุด ขอคืนเงิน"),
        ("파손된 상품은 30일 이내에 전액 환불됩니다.", "상품이 파손되었어요. 환불받을 수 있나요?"),
        ("ទំនិញដែលខូចនឹងត្រូវបានសងប្រាក់វិញ", "ទំនិញខូច"),
        ("ﾃﾚﾋﾞの保証は二年です。", "テレビの保証"),
        ("商品ABC-12は返品できません。", "ABC-12を返品したい"),
    ],
)
def test_text_without_blanks_between_words_is_found(client: Client, text: str, query: str) -> None:
    source = document(client, text, "Nothing of the kind.", "営業時間は九時から五時です。")
    assert found(source, query)[0] == text
    assert found(source, AROUND + query)[0] == text


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("La réservation reste due.", "reservation"),
        ("La reservation reste due.", "RÉSERVATION"),
        ("Die Rückgabe ist möglich.", "Ruckgabe"),
        ("Der Maßstab gilt.", "Massstab"),
        ("Der Massstab gilt.", "MAẞSTAB"),
        ("Łódź ma sklep.", "lodz"),
        ("Smørrebrød til frokost.", "smorrebrod"),
        ("An œuvre of glass.", "oeuvre"),
        ("The certiﬁcate is valid.", "certificate"),
        ("Η επιστροφή ισχύει.", "επιστροφη"),
        ("Ещё есть возврат.", "еще"),
        ("Đổi trả trong ngày.", "doi tra"),
        ("המוּצָר תקול.", "המוצר"),
        ("المُنتَج معيب.", "المنتج"),
        ("ＡＢＣ１２ is a lamp.", "abc12"),
    ],
)
def test_accents_and_forms_of_letters_make_no_difference(
    client: Client, text: str, query: str
) -> None:
    for form in ("NFC", "NFD"):
        Source.objects.filter(name="doc").update(name=f"old-{form.lower()}")
        source = document(client, unicodedata.normalize(form, text), "Nothing of the kind.")
        assert len(found(source, query)) == 1
        assert len(found(source, unicodedata.normalize("NFD", AROUND + query))) == 1


def test_the_last_word_of_a_long_question_counts(client: Client) -> None:
    source = document(client, "The warranty is two years.", "Bells and baskets are accessories.")
    words = " ".join(f"detail{n}" for n in range(800))
    assert found(source, f"{words} warranty") == ["The warranty is two years."]
    assert found(source, f"warranty {words}") == ["The warranty is two years."]


def test_the_rarest_words_decide_where_there_are_many(client: Client) -> None:
    common = [f"word{n:02}" for n in range(60)]
    others = [" ".join(common)] * 20
    source = document(client, *others, "zygote zipper")
    hits = found(source, " ".join([*common, "zipper"]))
    assert hits[0] == "zygote zipper"
    assert len(hits) == 3  # the common words find the rest


def test_a_question_of_common_words_alone_is_answered(client: Client) -> None:
    source = document(client, *[f"Refunds take days, part {n}." for n in range(20)])
    assert len(found(source, "refunds")) == 3


def test_a_word_that_the_sample_misses_is_found(client: Client) -> None:
    """A large source is judged by a part of it."""
    others = [f"Part {n} of it is common." for n in range(700)]
    others[333] = "The warranty is two years."
    source = document(client, *others)
    assert Passage.objects.filter(revision_id=source.revision_id).count() == 700
    assert found(source, f"{AROUND} common part warranty")[0] == "The warranty is two years."


@pytest.mark.parametrize("part", ["商品が", "aé", "ก็", "a商", "́", "ﷺ", "x " * 3])
def test_a_text_is_prepared_in_time_in_proportion_to_its_size(client: Client, part: str) -> None:
    def seconds(size: int) -> float:
        began = time.perf_counter()
        document_of = part * (size // len(part))
        PREPARE.run(text=document_of)
        return time.perf_counter() - began

    seconds(100)
    small = min(seconds(10_000) for _ in range(3))
    assert seconds(80_000) < max(small * 40, 0.5)


# -- The returns policy --------------------------------------------------------------------


def policy() -> Source:
    return Source.objects.get(name="returns-policy")


def revise(client: Client, source: Source, filename: str, content: bytes) -> Revision:
    return add_revision(source, filename=filename, content=content, actor=client.actor())


def hits_of(query: str, **more: int) -> list[str]:
    """The first line of each hit in the returns policy, best first."""
    revision = policy().revision_id
    assert revision is not None
    hits = search.search_passages(query, [revision], tenant_id=current_tenant_id(), **more)
    return [hit.text.split("\n")[0] for hit in hits]


def test_full_text_finds_other_forms_of_a_word_best_first(client: Client) -> None:
    assert hits_of("refunding a damage")[0].startswith("Damaged items are refunded")
    assert hits_of("what about postage when I change my mind")[0].startswith("Unused items")


def test_a_misspelt_word_is_found_by_its_letters(client: Client) -> None:
    assert hits_of("dammaged") != []
    assert hits_of("dammaged")[0].startswith("Damaged items")
    assert hits_of("postge")[0].startswith("Unused items")


def test_what_is_not_there_is_not_found(client: Client) -> None:
    assert hits_of("quarterly dividend") == []
    assert hits_of("") == []
    assert hits_of("   ") == []


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE x --", "a & | !", "<->", "((", "\\", "%_%", "é" * 3000, ":*", "1'2"]
)
def test_no_query_breaks_the_search(client: Client, query: str) -> None:
    hits_of(query)


def test_another_clients_revision_is_never_searched(client: Client, world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        foreign = policy().revision_id
    assert foreign is not None
    for tenant in (client.tenant.pk, world.quill.tenant.pk):
        assert search.search_passages("refund damaged", [foreign], tenant_id=tenant) == []
        assert search.search_passages("dammaged", [foreign], tenant_id=tenant) == []


def test_an_older_revision_is_not_searched_unless_it_is_asked_for(client: Client) -> None:
    old = policy().revision_id
    revise(client, policy(), "returns.md", b"# Returns\n\nDamaged items go to Dana.")
    assert hits_of("damaged") == ["Damaged items go to Dana."]
    assert old is not None
    hits = search.search_passages("damaged", [old], tenant_id=current_tenant_id())
    assert hits[0].text.startswith("Damaged items are refunded")


def plan() -> str:
    revisions = list(Source.objects.values_list("revision_id", flat=True))
    values = {"query": "walnut zebra", "tenant": current_tenant_id(), "revisions": revisions}
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + search.FULL_TEXT.sql, {**values, "limit": 8})
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_search_uses_its_index_behind_the_wall(
    committed: None, super_connection: psycopg.Connection
) -> None:
    """DESIGN section 8: without LEAKPROOF a policy keeps Postgres from using it."""
    client = make_world().harbor
    text = "\n\n".join(f"Item {n} is a lamp of oak and brass. " * 20 for n in range(4000))
    with tenant_scope(client.tenant.pk):
        revise(client, policy(), "long.txt", text.encode())
    super_connection.execute("ANALYZE tenants_passage")
    with tenant_scope(client.tenant.pk):
        assert Passage.objects.count() > 2000
        assert search.uses_index()
        assert "Bitmap Index Scan on passage_search" in plan()
    function = "ts_match_vq(tsvector, tsquery)"
    try:
        super_connection.execute(f"ALTER FUNCTION {function} NOT LEAKPROOF")
        with tenant_scope(client.tenant.pk):
            assert not search.uses_index()
            assert "passage_search" not in plan()
            assert hits_of("lamp", limit=3)  # slower, never wrong
    finally:
        super_connection.execute(f"ALTER FUNCTION {function} LEAKPROOF")


# -- BM25 ------------------------------------------------------------------------------------


def scores(source: Source, query: str, limit: int = 10) -> dict[str, float]:
    """The score of each hit by its first word."""
    given = {"tenant": current_tenant_id(), "revisions": [source.revision_id], "limit": limit}
    hits = search.FULL_TEXT.rows(query=query, **given)
    return {hit.text.split()[0]: hit.score for hit in hits}


def test_a_score_is_that_of_bm25(client: Client) -> None:
    texts = ["Lamps lamp brass", "Lamp oak walnut", "Chairs oak", "Stools walnut birch beech ash"]
    source = document(client, *texts)
    sizes, mean = {"Lamps": 2, "Lamp": 3}, (2 + 3 + 2 + 5) / 4
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    # The document has the word three times. Its passages without it count as of mean length.
    size = 1 - search.B + search.B * (2 + 3 + 2 * mean) / (4 * mean)
    whole = math.log(1 + 0.5 / 1.5) * 3 * (search.K1 + 1) / (3 + search.K1 * size)
    wanted = {}
    for name, times in (("Lamps", 2), ("Lamp", 1)):
        length = 1 - search.B + search.B * sizes[name] / mean
        wanted[name] = idf * times * (search.K1 + 1) / (times + search.K1 * length) + whole
    assert scores(source, "a lamp") == pytest.approx(wanted)


def test_a_rare_word_counts_more_than_many_common_ones(client: Client) -> None:
    texts = [f"Refund of order {n}, refund refund" for n in range(12)]
    source = document(client, *texts, "Voucher for an order")
    assert found(source, "refund of a voucher")[0] == "Voucher for an order"


def test_a_short_passage_comes_before_a_long_one_with_the_same_word(client: Client) -> None:
    long = "Voucher " + " ".join(f"thing{n}" for n in range(60))
    source = document(client, long, "Voucher rules", "Nothing of the kind", "Another matter")
    assert found(source, "voucher") == ["Voucher rules", long]


def test_the_heading_is_text_of_its_passage(client: Client) -> None:
    actor = client.actor()
    source = add_source(name="doc", title="Doc", kind="document", owner=client.owner, actor=actor)
    text = b"# Gift vouchers\n\nValid for two years.\n\n# Lamps\n\nValid for ever."
    add_revision(source, filename="d.md", content=text, actor=actor)
    assert next(iter(hits_in(source, "voucher"))).heading == "Gift vouchers"


def hits_in(source: Source, query: str) -> list[search.Hit]:
    source.refresh_from_db()
    assert source.revision_id is not None
    return search.search_passages(query, [source.revision_id], tenant_id=current_tenant_id())


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("See https://shop.example/help/delete_account today", "delete an account"),
        ("The <del> tag crosses out", "del"),
        ("Lamp ABC-12 of brass", "abc 12"),
        ("Lamp ABC-12 of brass", "ABC-12"),
        ("Write to dana@harbor-pine.example", "harbor pine"),
        ("It costs 45.20 in all", "45.20"),
        ("Set max_upload_size first", "upload size"),
        ("either/or", "either"),
    ],
)
def test_words_are_parted_at_signs(client: Client, text: str, query: str) -> None:
    source = document(client, text, "Nothing of the kind")
    assert found(source, query) == [text]


def test_of_two_passages_that_of_the_document_about_it_comes_first(client: Client) -> None:
    actor = client.actor()
    for name, text in (("about", "Voucher rules. " * 80), ("other", "Lamp rules. " * 80)):
        source = add_source(name=name, title=name, kind="document", owner=client.owner, actor=actor)
        content = f"{text}\n\nA voucher is meant here, {'=' * 860}"
        add_revision(source, filename="d.txt", content=content.encode(), actor=actor)
    rows = Source.objects.filter(name__in=["about", "other"])
    revisions = {row.revision_id: row.name for row in rows}
    hits = search.search_passages(
        "what is meant by a voucher", list(revisions), tenant_id=current_tenant_id()
    )
    meant = [revisions[hit.revision_id] for hit in hits if "meant" in hit.text]
    assert meant == ["about", "other"]


def test_many_sources_are_searched_as_one(client: Client) -> None:
    """The sample is spread over passages, not over sources."""
    actor = client.actor()
    for n in range(40):
        name = f"doc-{n}"
        source = add_source(name=name, title=name, kind="document", owner=client.owner, actor=actor)
        text = f"Chapter {n} tells of brass lamps." if n != 33 else "The zipper is here."
        add_revision(source, filename="d.txt", content=text.encode(), actor=actor)
    rows = Source.objects.filter(name__startswith="doc-")
    revisions = list(rows.values_list("revision_id", flat=True))
    hits = search.search_passages(
        "brass zipper lamps", revisions, tenant_id=current_tenant_id(), limit=50
    )
    assert hits[0].text == "The zipper is here."
    assert len(hits) == 40
