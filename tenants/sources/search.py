"""Passages are found by Postgres' full text index and ordered by BM25; by trigrams if misspelt.

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
SAMPLED = 300  # passages that tell how rare a word is, about
MOST_WORDS = 64  # words of a query that count
MOST_UNSEEN = 200  # and of those that the sample does not tell; most are in no passage
MOST_FOUND = 20_000  # passages that are scored, about
K1, B = 1.5, 0.75  # BM25: how soon more of a word counts less, how much a passage's length counts


def _bm25(weight: str, times: str, length: str) -> str:
    """Return the SQL of what one word adds to a score; a length of 1 is the mean."""
    return f"{weight} * {times} * ({K1} + 1) / ({times} + {K1} * ({1 - B} + {B} * {length}))"


# Passages with a word of the query are found by the index, and ordered by BM25 over their stems.
#
# How rare words are, and how long passages, is told by some 300 passages spread over all
# (``sample``). By it the words that tell most are chosen, so that a long mail is searched by its
# subject, and of these the rarest find passages (``finding``) up to a number that bounds the work.
# The others count where they stand in what was found. What was found tells exactly how many
# passages have a word that finds.
#
# ``setweight`` and ``ts_filter`` keep the query's words of a tsvector and drop the rest, at a tenth
# of what it takes to unnest all. The length of a passage is its number of different stems. To a
# passage's score that of its whole document is added, which tells apart what is only mentioned.
# Weights are looked up in JSON, as Postgres expects too few rows and would join in nested loops.
FULL_TEXT = SqlStatement(
    f"""
WITH given AS MATERIALIZED (
    SELECT %(query)s::text AS query, %(tenant)s::uuid AS tenant,
        %(revisions)s::uuid[] AS revisions, %(limit)s::int AS most
), asked AS MATERIALIZED (
    SELECT lexeme AS word, cardinality(positions) AS often
    FROM given, unnest(to_tsvector('english', search_text(given.query)))
), every AS MATERIALIZED (
    SELECT array_agg(word) AS words FROM asked
), spread AS MATERIALIZED (
    SELECT r.id, r.pieces, sum(r.pieces) OVER (ORDER BY r.id) - r.pieces AS before,
        greatest(1, sum(r.pieces) OVER () / {SAMPLED})::int AS step
    FROM given, tenants_revision r
    WHERE r.tenant_id = given.tenant AND r.id = ANY(given.revisions)
), sample AS MATERIALIZED (
    SELECT length(p.search) AS size,
        ts_filter(setweight(p.search, 'A', every.words), '{{a}}') AS had
    FROM given, every, spread,
        generate_series((step - before %% step)::int, spread.pieces, step) AS at
    JOIN tenants_passage p ON p.position = at
    WHERE p.tenant_id = given.tenant AND p.revision_id = spread.id
), whole AS MATERIALIZED (
    SELECT passages, documents, sampled, size FROM (
        SELECT sum(pieces)::float AS passages, count(*)::float AS documents FROM spread
    ) AS given, (
        SELECT count(*)::float AS sampled, greatest(avg(size), 1)::float AS size FROM sample
    ) AS seen
), guessed AS MATERIALIZED (
    SELECT asked.word, asked.often, passages, counted.word IS NULL AS is_unseen,
        least(passages, coalesce(seen, 0.02) * passages / greatest(sampled, 1)) AS held
    FROM whole, asked LEFT JOIN (
        SELECT lexeme AS word, count(*) AS seen FROM sample, unnest(had) GROUP BY lexeme
    ) AS counted USING (word)
    WHERE counted.word IS NOT NULL OR sampled < passages
), ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY is_unseen
        ORDER BY often * ln(1 + (passages - held + 0.5) / (held + 0.5)) DESC, word) AS place
    FROM guessed
), chosen AS MATERIALIZED (
    SELECT word, often, held, sum(held) OVER (ORDER BY held, word) AS so_far FROM ranked
    WHERE place <= CASE WHEN is_unseen THEN {MOST_UNSEEN} ELSE {MOST_WORDS} END
), finding AS MATERIALIZED (
    SELECT string_agg(quote_literal(word), ' | ')::tsquery AS query
    FROM chosen WHERE so_far <= greatest({MOST_FOUND}, (SELECT min(so_far) FROM chosen))
), scored AS MATERIALIZED (
    SELECT array_agg(word) AS words FROM chosen
), found AS MATERIALIZED (
    SELECT p.id, p.revision_id, p.position, length(p.search) AS size,
        ts_filter(setweight(p.search, 'A', scored.words), '{{a}}') AS had
    FROM given, finding, scored, tenants_passage p JOIN spread ON spread.id = p.revision_id
    WHERE p.tenant_id = given.tenant AND p.search @@ finding.query
    LIMIT {2 * MOST_FOUND}
), counts AS MATERIALIZED (
    SELECT found.id, found.revision_id, found.position, found.size, lexeme AS word,
        cardinality(positions) AS times
    FROM found, unnest(had)
), weighed AS MATERIALIZED (
    SELECT word, often * ln(1 + (whole.passages - held + 0.5) / (held + 0.5)) AS weight,
        often * ln(1 + (documents - sources + 0.5) / (sources + 0.5)) AS weight_of_sources
    FROM whole, (
        SELECT word, often, sources, least(passages, CASE WHEN so_far <= {MOST_FOUND} THEN had
            ELSE greatest(held, had) END) AS held
        FROM whole, chosen JOIN (
            SELECT word, count(*) AS had, count(DISTINCT revision_id) AS sources
            FROM counts GROUP BY word
        ) AS exact USING (word)
    ) AS known
), weights AS MATERIALIZED (
    SELECT jsonb_object_agg(word, weight) AS own,
        jsonb_object_agg(word, weight_of_sources) AS of_sources FROM weighed
), sized AS MATERIALIZED (
    SELECT revision_id, (sum(found.size) + (pieces - count(*)) * whole.size)
        / (whole.size * whole.passages / whole.documents) AS length
    FROM whole, found JOIN spread ON spread.id = found.revision_id
    GROUP BY revision_id, pieces, whole.size, whole.passages, whole.documents
), lengths AS MATERIALIZED (
    SELECT jsonb_object_agg(revision_id, length) AS lengths FROM sized
), in_source AS MATERIALIZED (
    SELECT revision_id, sum({_bm25("weight", "times", "length")}) AS score
    FROM (
        SELECT revision_id, times, (of_sources -> word)::float AS weight,
            (lengths -> revision_id::text)::float AS length
        FROM weights, lengths, (
            SELECT revision_id, word, sum(times)::float AS times FROM counts GROUP BY 1, 2
        ) AS summed
    ) AS known GROUP BY revision_id
), sources AS MATERIALIZED (
    SELECT jsonb_object_agg(revision_id, score) AS scores FROM in_source
), in_passage AS MATERIALIZED (
    SELECT id, revision_id, position,
        sum({_bm25("(own -> word)::float", "times", "counts.size / whole.size")}) AS score
    FROM whole, weights, counts GROUP BY id, revision_id, position
), best AS MATERIALIZED (
    SELECT id, revision_id, position, score + (scores -> revision_id::text)::float AS score
    FROM sources, in_passage
    ORDER BY 4 DESC, revision_id, position LIMIT (SELECT most FROM given)
)
SELECT p.id, p.revision_id, p.position, p.heading, p.text, best.score::float AS score
FROM best, given, tenants_passage p
WHERE p.tenant_id = given.tenant AND p.id = best.id
ORDER BY best.score DESC, p.revision_id, p.position
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
