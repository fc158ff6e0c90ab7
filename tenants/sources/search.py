"""Finding passages: Postgres full text first, trigrams for what is misspelt.

``ts_match_vq`` is marked leakproof when the database is prepared where that is
allowed; otherwise Postgres reads the tenant's passages without the index
(slower, never wrong). ``doctor`` says which is in use.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from tenants import writing


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers a query. ``score`` is comparable within one search only."""

    passage_id: UUID
    revision_id: UUID
    position: int
    heading: str
    text: str
    score: float


# Any word may match, ranked by how many do and how close together they stand; the
# authority of the source breaks near ties. tsvector_to_array drops stop words.
FULL_TEXT = """
WITH wanted AS (
    SELECT array_to_string(array(
        SELECT quote_literal(word) FROM unnest(tsvector_to_array(
            to_tsvector('english', %s::text))) AS word LIMIT 40), ' | ')::tsquery AS query
)
SELECT p.id, p.revision_id, p.position, p.heading, p.text,
       ts_rank_cd(p.search, wanted.query, 1)::float AS score
FROM tenants_passage p, wanted
WHERE p.tenant_id = %s AND p.revision_id = ANY(%s) AND p.search @@ wanted.query
ORDER BY score DESC, p.revision_id, p.position LIMIT %s
"""

TRIGRAMS = """
SELECT p.id, p.revision_id, p.position, p.heading, p.text,
       (word_similarity(%s, p.text) / 10)::float AS score
FROM tenants_passage p
WHERE p.tenant_id = %s AND p.revision_id = ANY(%s)
  AND word_similarity(%s, p.text) > 0.3
ORDER BY score DESC, p.revision_id, p.position LIMIT %s
"""


def passages(query: str, revisions: list[UUID], *, tenant_id: UUID, limit: int = 8) -> list[Hit]:
    """The best passages of these revisions for a query, best first.

    Only revisions of the tenant of the scope are read: the wall sees to it.
    """
    if not revisions or not query.strip():
        return []
    query = query[:2000]
    found = _hits(FULL_TEXT, [query, tenant_id, revisions, limit])
    if len(found) < limit and len(query) <= 200:
        seen = {hit.passage_id for hit in found}
        hits = _hits(TRIGRAMS, [query, tenant_id, revisions, query, limit])
        found += [hit for hit in hits if hit.passage_id not in seen]
    return found[:limit]


def _hits(sql: str, values: list[Any]) -> list[Hit]:
    return [Hit(*row) for row in writing.rows(sql, values, apart=True)]


def uses_index() -> bool:
    """Whether full text search can use its index under the wall."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'ts_match_vq'")
        return bool(cursor.fetchone()[0])
