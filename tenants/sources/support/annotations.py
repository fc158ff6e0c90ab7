"""A draft's source marks are removed, and each of its sentences is checked. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tenants.sources.support.conflicts import conflicting_number
from tenants.sources.support.judgement import (
    NOT_SAID,
    Judgement,
    SourceText,
    WorkCount,
    judge,
    source_text,
)
from tenants.sources.support.languages import WORD, Language, is_latin
from tenants.sources.support.statements import SHORT, text_language

# Few blanks before a mark: a long run would be searched again from each of its blanks.
MARK = re.compile(r"\s{0,9}\[(\d{1,9}(?:\s{0,9},\s{0,9}\d{1,9})*+)\]")
ENDINGS = ".!?。！？؟।"
# A full stop within a word, an address or a number ends no sentence, nor do abbreviations.
WITHIN = r"[.!?](?=\w)|" + "|".join(rf"(?<=\b{re.escape(one[:-1])})\." for one in SHORT)
SENTENCE = re.compile(
    rf"[^.!?。！？؟।\n]*(?:(?:{WITHIN})[^.!?。！？؟।\n]*)*[.!?。！？؟।]*"
    r"(?:\s{0,9}\[\d{1,9}(?:\s{0,9},\s{0,9}\d{1,9})*+\])*[.!?。！？؟।]*"
)
COURTESY = re.compile(
    r"^(hi|hello|hey|dear|thanks|thank you|sorry|i'm sorry|we're sorry|i am sorry|we are sorry|"
    r"please|if you|if anything|kind regards|best|warmly|regards|sincerely|yours|let us know|"
    r"do write|just reply|have a|with thanks|all the best|cheers)\b",
    re.IGNORECASE,
)
# Openings of a courtesy that may still state something with a source.
CONDITION = re.compile(r"^(if|please|best|have a|just)\b", re.IGNORECASE)
FEWEST_WORDS = 4
# The same for scripts without blanks between words.
FEWEST_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text without marks; spans are ``{start, end, sources, supported}`` in characters.

    An unsupported span also has ``{why}``, and ``{checkable: False}`` where it could not be judged.
    """

    text: str
    spans: list[dict[str, Any]]


def annotate(marked: str, found: list[dict[str, Any]]) -> Annotated:
    """Return a drafted text without its marks, with a span for each sentence that says something.

    ``found`` are all pieces that were read: ``{n, title, content}``, with a passage's ``heading``
    where it has one, or a record's fields as ``content``.
    """
    reader = _reader(marked, found)
    parts: list[str] = []
    spans: list[dict[str, Any]] = []
    length = position = 0
    for match in SENTENCE.finditer(marked):
        if not match.group():
            continue
        between = marked[position : match.start()]
        position = match.end()
        cited = [int(n) for m in MARK.finditer(match.group()) for n in re.findall(r"\d+", m[1])]
        plain = MARK.sub("", match.group())
        start = length + len(between) + len(plain) - len(plain.lstrip())
        parts += [between, plain]
        length += len(between) + len(plain)
        span = reader.span(plain.strip(), cited)
        if span is not None:
            end = start + len(plain.strip().rstrip(ENDINGS))
            spans.append({"start": start, "end": end, **span})
    return Annotated("".join(parts) + marked[position:], spans)


def recheck(text: str, former: dict[str, Any], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the spans of a text without marks that a person edited.

    A sentence that is unchanged from the ``former`` draft keeps its span; any other is compared
    with every piece that was read.
    """
    said = str(former.get("text", ""))
    kept = {said[span["start"] : span["end"]]: span for span in former.get("spans", [])}
    former_sentences = {one for _, one in _sentences(said)}
    reader = _reader(text, found)
    spans = []
    for start, sentence in _sentences(text):
        end = start + len(sentence)
        if sentence in kept:
            spans.append({**kept[sentence], "start": start, "end": end})
        elif sentence not in former_sentences and (span := reader.anywhere(sentence)):
            spans.append({"start": start, "end": end, **span})
    return spans


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each sentence starts, and the sentence without its end mark."""
    for match in SENTENCE.finditer(text):
        whole = match.group()
        sentence = whole.strip().rstrip(ENDINGS)
        if sentence:
            yield match.start() + len(whole) - len(whole.lstrip()), sentence


def _reader(text: str, found: list[dict[str, Any]]) -> "_Reader":
    sources = {p["n"]: source_text(p["title"], p["content"], p.get("heading") or "") for p in found}
    likely = [one.language for one in sources.values()]
    return _Reader(sources, text_language(MARK.sub("", text), *likely), WorkCount())


@dataclass(frozen=True, slots=True)
class _Reader:
    """The sources read for a draft, the draft's language, and the work done so far."""

    sources: dict[int, SourceText]
    language: Language | None
    work: WorkCount

    def span(self, sentence: str, cited: Sequence[int]) -> dict[str, Any] | None:
        """Return the span of a sentence with these marks; None where it states nothing."""
        is_courtesy = COURTESY.match(sentence) and not re.search(r"\d", sentence)
        if is_courtesy and not (cited and CONDITION.match(sentence)):
            return None
        if not sentence.strip(f"{ENDINGS} "):
            return None
        known = [n for n in dict.fromkeys(cited) if n in self.sources]
        if known:
            return {"sources": known, **_verdict_fields(self._judged(sentence, known))}
        if cited or states_something(sentence):
            return {"sources": [], **_verdict_fields(Judgement(False, NOT_SAID))}
        return None

    def anywhere(self, sentence: str) -> dict[str, Any] | None:
        """Return the span of a sentence without marks, compared with all sources that were read."""
        if not states_something(sentence):
            return None
        judgements = [(n, self._judged(sentence, [n])) for n in self.sources]
        for n, judged in judgements:
            if judged.supported:
                return {"sources": [n], "supported": True}
        told = [one for _, one in judgements if one.why != NOT_SAID]
        return {"sources": [], **_verdict_fields(told[0] if told else Judgement(False, NOT_SAID))}

    def _judged(self, sentence: str, known: Sequence[int]) -> Judgement:
        said = [self.sources[n] for n in known]
        judged = judge(sentence, said, self.language, self.work)
        if not judged.supported:
            return judged
        why = conflicting_number(sentence, known, self.sources, self.language, self.work)
        return Judgement(not why, why)


def _verdict_fields(judged: Judgement) -> dict[str, Any]:
    if judged.supported:
        return {"supported": True}
    told = {"supported": False, "why": judged.why}
    return told if judged.checkable else {**told, "checkable": False}


def states_something(sentence: str) -> bool:
    """Return whether a sentence claims anything; greetings, questions, requests and names don't."""
    if sentence.endswith(("?", "？", "؟")) or COURTESY.match(sentence):
        return False
    if not is_latin(sentence):
        return sum(c.isalpha() for c in sentence) >= FEWEST_LETTERS
    return len(WORD.findall(sentence)) >= FEWEST_WORDS
