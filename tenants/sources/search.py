"""Passages are searched with Postgres full text first, then with trigrams for misspelt words.

``ts_match_vq`` is marked leakproof when the database is prepared, where that is allowed; otherwise
Postgres reads the tenant's passages without the index (slower, never wrong). ``doctor`` says which
is the case.
"""

from dataclasses import dataclass
from uuid import UUID

from tenants.db.statements import SqlStatement


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers a query. Its ``score`` is comparable within one search only."""

    passage_id: UUID
    revision_id: UUID
    position: int
    heading: str
    text: str
    score: float


LONGEST_QUERY = 10_000  # characters of a query that are used
SHORTEST = 200  # characters of a query up to which trigrams are compared

# Passages are searched for the query's rarest words, so that a long mail is searched by its
# subject. Rarity is counted in a sample of 300 passages: the 40 rarest words found there, and words
# that the sample may have missed. A passage matches with any of them; words in more than half of
# the passages only break ties. The coarse rank (ts_rank) selects 200 passages, as the finer one
# (ts_rank_cd: how many words match, and how close together) takes ten times as long.
# tsvector_to_array drops stop words.
FULL_TEXT = SqlStatement(
    """
WITH given AS MATERIALIZED (
    SELECT %(query)s::text AS query, %(tenant)s::uuid AS tenant,
        %(revisions)s::uuid[] AS revisions, %(limit)s::int AS most
), asked AS MATERIALIZED (
    SELECT word FROM given,
        unnest(tsvector_to_array(to_tsvector('english', search_text(given.query)))) AS word
), spread AS MATERIALIZED (
    SELECT r.id, r.pieces, greatest(1, r.pieces * cardinality(given.revisions) / 300) AS step
    FROM tenants_revision r, given
    WHERE r.tenant_id = given.tenant AND r.id = ANY(given.revisions)
), sample AS MATERIALIZED (
    SELECT p.search FROM given, spread, generate_series(1, spread.pieces, spread.step) AS at
    JOIN tenants_passage p ON p.position = at
    WHERE p.tenant_id = given.tenant AND p.revision_id = spread.id
), counted AS MATERIALIZED (
    SELECT word, count(*) AS often FROM sample, unnest(tsvector_to_array(search)) AS word
    WHERE word IN (SELECT word FROM asked) GROUP BY word
), chosen AS MATERIALIZED (
    (SELECT word, often * 2 <= (SELECT count(*) FROM sample) AS is_rare
        FROM counted ORDER BY often, word LIMIT 40)
    UNION ALL
    (SELECT word, true FROM asked WHERE word NOT IN (SELECT word FROM counted)
        AND EXISTS (SELECT FROM spread WHERE step > 1) ORDER BY word LIMIT 200)
), wanted AS MATERIALIZED (
    SELECT string_agg(quote_literal(word), ' | ')::tsquery AS query,
        coalesce(string_agg(quote_literal(word), ' | ') FILTER (WHERE is_rare), '')::tsquery AS rare
    FROM chosen
), likely AS MATERIALIZED (
    SELECT p.id, p.revision_id, p.position, p.heading, p.text, p.search
    FROM given, wanted, tenants_passage p
    WHERE p.tenant_id = given.tenant AND p.revision_id = ANY(given.revisions)
        AND p.search @@ wanted.query
    ORDER BY 100 * ts_rank(p.search, wanted.rare, 1) + ts_rank(p.search, wanted.query, 1) DESC,
        p.revision_id, p.position LIMIT 200
)
SELECT id, revision_id, position, heading, text,
       (100 * ts_rank_cd(search, wanted.rare, 1) + ts_rank_cd(search, wanted.query, 1))::float
       AS score
FROM likely, wanted
ORDER BY score DESC, revision_id, position LIMIT (SELECT most FROM given)
""",
    Hit,
    apart=True,
)

# Passages with words like those of the query are searched, for a query with misspelt words.
TRIGRAMS = SqlStatement(
    """
SELECT p.id, p.revision_id, p.position, p.heading, p.text,
       (word_similarity(%(query)s, p.text) / 10)::float AS score
FROM tenants_passage p
WHERE p.tenant_id = %(tenant)s AND p.revision_id = ANY(%(revisions)s)
  AND word_similarity(%(query)s, p.text) > 0.3
ORDER BY score DESC, p.revision_id, p.position LIMIT %(limit)s
""",
    Hit,
    apart=True,
)


# The catalog says whether the full text match is leakproof.
_IS_LEAKPROOF = SqlStatement(
    "SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'ts_match_vq'", bool
)


def search_passages(
    query: str, revisions: list[UUID], *, tenant_id: UUID, limit: int = 8
) -> list[Hit]:
    """Return the best passages of these revisions for a query, best first.

    Only the current tenant's revisions are read, which row-level security ensures.
    """
    if not revisions or not query.strip():
        return []
    query = query[:LONGEST_QUERY]
    given = {"query": query, "tenant": tenant_id, "revisions": revisions, "limit": limit}
    found = FULL_TEXT.rows(**given)
    if len(found) < limit and len(query) <= SHORTEST:
        seen = {hit.passage_id for hit in found}
        found += [hit for hit in TRIGRAMS.rows(**given) if hit.passage_id not in seen]
    return found[:limit]


def uses_index() -> bool:
    """Return whether full text search can use its index under row-level security."""
    (is_leakproof,) = _IS_LEAKPROOF.rows()
    return is_leakproof
