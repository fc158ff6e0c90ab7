"""How often the search finds the answer to a question, beside rank_bm25 and bm25s in the same run.

Each answer of StackFAQ (``../shared/data``) is a source of its own, without its question; a thread
counts as found when any of its answers is among the first documents.
Run: ``uv run python -m tests.benchmarks.retrieval [--long] [--misses N]``
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import snowballstemmer
from bm25s.stopwords import STOPWORDS_EN
from rank_bm25 import BM25Okapi

from tests.benchmarks.figures import machine, table
from tests.benchmarks.house import House, open_house

DATA = Path(__file__).parents[3] / "shared" / "data" / "stackfaq" / "threads.json"
AT = (1, 5, 10)
DEPTH = 30  # passages that are asked for, so that ten documents are among them
WORD = re.compile(r"\w+")
Ranking = Callable[[str], list[int]]  # documents' numbers, best first


@dataclass(frozen=True, slots=True)
class Questions:
    """Documents, the thread of each, and queries with the thread that answers them."""

    documents: list[str]
    threads: list[str]
    queries: list[tuple[str, str]]


def questions(is_long: bool) -> Questions:
    """Return StackFAQ's answers and questions; long ones are three paraphrases in one text."""
    threads = json.loads(DATA.read_text("utf-8"))
    answers = [(answer, one["id"]) for one in threads for answer in one["answers"]]
    queries = [(query, one["id"]) for one in threads for query in _asked(one, is_long)]
    return Questions([text for text, _ in answers], [one for _, one in answers], queries)


def _asked(thread: dict[str, Any], is_long: bool) -> Iterator[str]:
    asked = thread["queries"]
    step = 3 if is_long else 1
    for start in range(0, len(asked) - step + 1, step):
        yield " ".join(f"{one.rstrip('.?! ')}." if is_long else one for one in asked[start:][:step])


def raw_words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return WORD.findall(text.lower())


def stems(text: str) -> list[str]:
    """Return the stems of a text without stop words."""
    words = [word for word in raw_words(text) if word not in STOPWORDS_EN]
    return STEMMER.stemWords(words)


STEMMER = snowballstemmer.stemmer("english")


def rank_bm25_ranking(documents: list[str], tokens: Callable[[str], list[str]]) -> Ranking:
    """Return what orders documents by rank_bm25."""
    index = BM25Okapi([tokens(text) for text in documents])

    def rank(query: str) -> list[int]:
        scores = index.get_scores(tokens(query))
        return sorted(range(len(documents)), key=lambda n: -scores[n])[:DEPTH]

    return rank


def bm25s_ranking(documents: list[str]) -> Ranking:
    """Return what orders documents by bm25s, over stems without stop words."""
    index = bm25s.BM25()
    index.index([stems(text) for text in documents], show_progress=False)

    def rank(query: str) -> list[int]:
        tokens = [stems(query)]
        found, _ = index.retrieve(tokens, k=DEPTH, show_progress=False)
        return [int(one) for one in found[0]]

    return rank


def our_ranking(house: House, documents: list[str]) -> Ranking:
    """Load the documents as ``manage.py sources add`` does; return what orders them by our search.

    A document stands where its best passage does.
    """
    from tenants.models import Source
    from tenants.scope import tenant_scope
    from tenants.sources.search import search_passages
    from tests.world import make_world
    from workflows.sources.folder import files_of_folder, load_folder

    client = make_world().harbor
    tenant = client.tenant.pk
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(documents):
            (Path(folder) / f"answer-{number}.txt").write_text(text, "utf-8")
        began = time.perf_counter()
        loaded = list(load_folder(tenant, client.workflow, files_of_folder(Path(folder))))
        took = time.perf_counter() - began
    pieces = sum(one.pieces for one in loaded)
    print(f"{len(loaded)} files with {pieces} passages were loaded in {took:.1f} s.")
    for one in loaded:
        if one.problem:
            print(f"  {one.file.name}: {one.problem}")
    house.settle_down()
    with tenant_scope(tenant):
        rows = Source.objects.filter(name__startswith="answer-").values_list("revision_id", "name")
        numbers = {revision: int(name.removeprefix("answer-")) for revision, name in rows}

    def rank(query: str) -> list[int]:
        with tenant_scope(tenant):
            hits = search_passages(query, list(numbers), tenant_id=tenant, limit=DEPTH)
        return list(dict.fromkeys(numbers[hit.revision_id] for hit in hits))

    return rank


def measured(name: str, rank: Ranking, of: Questions, misses: int = 0) -> list[str]:
    """Return a line of the table, and print questions whose thread was not among the first."""
    found = dict.fromkeys(AT, 0)
    times = []
    for query, thread in of.queries:
        began = time.perf_counter()
        ranked = [of.threads[number] for number in rank(query)]
        times.append(time.perf_counter() - began)
        for most in AT:
            found[most] += thread in ranked[:most]
        if misses > 0 and thread not in ranked[: AT[-1]]:
            misses -= 1
            print(f"  {name}: {thread} {query}")
    shares = [f"{found[most] / len(of.queries):.3f}" for most in AT]
    cuts = statistics.quantiles(times, n=20)
    return [name, *shares, f"{cuts[9] * 1000:.1f}", f"{cuts[18] * 1000:.1f}"]


def main() -> None:
    """Measure all, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true", help="three paraphrases as one query")
    parser.add_argument("--misses", type=int, default=0, help="print so many that are not found")
    args = parser.parse_args()
    of = questions(args.long)
    documents = of.documents
    print(machine())
    lines = [
        measured("rank_bm25, words", rank_bm25_ranking(documents, raw_words), of),
        measured("rank_bm25, stems", rank_bm25_ranking(documents, stems), of),
        measured("bm25s, stems", bm25s_ranking(documents), of),
    ]
    with open_house() as house:
        lines.append(measured("ours", our_ranking(house, documents), of, args.misses))
    head = ["search", *(f"in the first {most}" for most in AT), "ms, p50", "ms, p95"]
    print(table(f"{len(of.queries)} queries, {len(documents)} documents", lines, head))


if __name__ == "__main__":
    main()
