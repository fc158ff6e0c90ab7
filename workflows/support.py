"""Whether a draft's sentences are supported by the sources they cite. Pure.

A lexical check, not an understanding: a cited sentence counts as supported when
every number in it and half of its content words stand in what it cites. A
sentence without a citation that states something counts as unsupported.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

# Blanks before a mark are few: a long run of them would be looked through again from each one.
MARK = re.compile(r"\s{0,9}\[(\d{1,9}(?:\s{0,9},\s{0,9}\d{1,9})*+)\]")
SENTENCE = re.compile(
    r"[^.!?\n]*(?:[.!?](?=\d)[^.!?\n]*)*[.!?]*(?:\s{0,9}\[\d{1,9}(?:\s{0,9},\s{0,9}\d{1,9})*+\])*[.!?]*"
)
WORD = re.compile(r"[a-z][a-z'-]+|\d[\d.,]*", re.IGNORECASE)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
ENOUGH = 0.5

COURTESY = re.compile(
    r"^(hi|hello|hey|dear|thanks|thank you|sorry|i'm sorry|we're sorry|i am sorry|we are sorry|"
    r"please|if you|if anything|kind regards|best|warmly|regards|sincerely|yours|let us know|"
    r"do write|just reply|have a|with thanks|all the best|cheers)\b",
    re.IGNORECASE,
)
SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "i",
        "i'm",
        "i've",
        "if",
        "in",
        "is",
        "it",
        "its",
        "it's",
        "me",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "so",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "up",
        "us",
        "was",
        "we",
        "we'll",
        "we've",
        "were",
        "what",
        "when",
        "which",
        "who",
        "will",
        "with",
        "would",
        "you",
        "your",
        "you're",
    ]
)


@dataclass(frozen=True, slots=True)
class Said:
    """The numbers and the stems of a source's words, looked up once however often it is cited."""

    numbers: frozenset[str]
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text without marks; spans are ``{start, end, sources, supported}`` in characters."""

    text: str
    spans: list[dict[str, Any]]


def annotate(marked: str, found: list[dict[str, Any]]) -> Annotated:
    """Take the marks out of a drafted text and say what each sentence rests on."""
    sources = {piece["n"]: said_in(_said(piece)) for piece in found}
    parts: list[str] = []
    spans: list[dict[str, Any]] = []
    length = 0
    position = 0
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
        span = _span(plain.strip(), cited, sources)
        if span is not None:
            end = start + len(plain.strip().rstrip(".!?"))
            spans.append({"start": start, "end": end, **span})
    return Annotated("".join(parts) + marked[position:], spans)


def _span(sentence: str, cited: list[int], sources: dict[int, Said]) -> dict[str, Any] | None:
    if COURTESY.match(sentence) and not NUMBER.search(sentence):
        return None
    known = [n for n in dict.fromkeys(cited) if n in sources]
    if known:
        said = [sources[n] for n in known]
        return {"sources": known, "supported": supports(sentence, said)}
    if cited or states_something(sentence):
        return {"sources": [], "supported": False}
    return None


def states_something(sentence: str) -> bool:
    """Whether a sentence claims anything: not a greeting, a question, a request or a name."""
    if sentence.endswith("?") or COURTESY.match(sentence):
        return False
    return len(WORD.findall(sentence)) >= 4


def said_in(text: str) -> Said:
    """What a source says, as far as sentences are held against it."""
    lowered = text.lower()
    numbers = frozenset(n.replace(",", "").rstrip(".") for n in NUMBER.findall(lowered))
    return Said(numbers, frozenset(stem(w) for w in WORD.findall(lowered)))


def supports(sentence: str, said: list[Said]) -> bool:
    """Whether the sources hold every number and most content words of ``sentence``."""
    numbers = {n.replace(",", "").rstrip(".") for n in NUMBER.findall(sentence)}
    if not all(any(_number_said(n, one.numbers) for one in said) for n in numbers):
        return False
    words = {
        stem(w) for w in WORD.findall(sentence.lower()) if w not in SMALL and not w[0].isdigit()
    }
    if not words:
        return True
    # An order number or an exact sum that the source holds says more than shared words do.
    exact = any(len(n.replace(".", "")) >= 3 for n in numbers)
    shared = sum(any(word in one.stems for one in said) for word in words)
    return exact or shared / len(words) >= ENOUGH


def _number_said(number: str, said: frozenset[str]) -> bool:
    """A sum of money may be stored in minor units."""
    minor = number.replace(".", "") if re.fullmatch(r"\d+\.\d\d", number) else f"{number}00"
    return number in said or minor in said


def stem(word: str) -> str:
    """A crude stem: enough to match "refunded" with "refund"."""
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _said(piece: dict[str, Any]) -> str:
    content = piece["content"]
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return f"{piece['title']} {text}".replace("_", " ")
