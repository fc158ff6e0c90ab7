"""The offline drafter: an extractive baseline. Pure and deterministic.

It understands nothing. It fills the version's template with fields of the records
and with the sentences of the passages that share most words with the request,
cites each, and says what it could not find. Placeholders of a template:

    [[orders.customer]]      a field of a record
    [[money orders.total]]   the same, minor units as money ([[money a.b EUR]])
    [[best 2]]               the two best sentences of the passages

A line whose placeholders can't be filled becomes a sentence that says so, once. Fields
of the schema other than ``text`` are filled from ``x-from`` ("orders.total"),
``x-choose`` (the option sharing most words with the request) or ``default``.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from approvals.rules.phrases import is_money, money
from tenants.sources.support.languages import SMALL, WORD, stem

SOURCE = re.compile(r'<source n="(\d+)" name="([^"]*)" kind="([^"]*)">(.*?)</source>', re.DOTALL)
MOST_BEST = 100  # sentences in one place
WHOLE = re.compile(r"-?[0-9]{1,18}")
NOT_FOUND = "We could not find"
PLACE = re.compile(r"\[\[([^\[\]]{1,200})\]\]")


@dataclass(frozen=True, slots=True)
class OfflineSource:
    """One source of the prompt."""

    n: int
    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the prompt gave."""

    request: dict[str, Any]
    sources: list[OfflineSource]
    records: dict[str, tuple[int, dict[str, Any]]]

    @property
    def words(self) -> set[str]:
        """Stems of the request's content words."""
        return content_words(" ".join(str(v) for v in self.request.values()))


def draft(messages: list[dict[str, str]]) -> str:
    """The answer to a prompt built by the generate step, as JSON text."""
    # What a person said of a former attempt comes after; it takes no advice.
    system, user = messages[0]["content"], messages[1]["content"]
    schema = json.loads(_between(system, "schema") or "{}")
    given = _given(user)
    answer: dict[str, Any] = {}
    for name, prop in schema.get("properties", {}).items():
        if name == "text":
            answer["text"] = _fill(_between(system, "template").strip("\n"), given)
        else:
            answer[name] = _property(prop, given)
    return json.dumps(answer, ensure_ascii=False)


def content_words(text: str) -> set[str]:
    """Stems of the words that carry meaning."""
    return {stem(w) for w in WORD.findall(text.lower()) if w not in SMALL}


def _between(text: str, tag: str) -> str:
    match = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return match.group(1) if match else ""


def _given(user: str) -> Given:
    sources = [OfflineSource(int(m[1]), m[2], m[3], m[4]) for m in SOURCE.finditer(user)]
    records = {s.name: (s.n, json.loads(s.text)) for s in reversed(sources) if s.kind == "record"}
    return Given(json.loads(_between(user, "request") or "{}"), sources, records)


def _property(prop: dict[str, Any], given: Given) -> Any:
    if "x-from" in prop:
        value = _as_type(_value(prop["x-from"], given), prop)
        if value is not None:
            return value
    if "x-choose" in prop:
        return _choose(prop["x-choose"], given)
    return prop.get("default")


def _as_type(value: Any, prop: dict[str, Any]) -> Any:
    """A record's value as the schema has it; None where it is no such value, as if not there."""
    if prop.get("type") == "integer":
        return _whole(value)
    if "currency" in prop.get("properties", {}):
        whole = _whole(value)
        currency = prop["properties"]["currency"]["const"]
        return None if whole is None else {"value": whole, "currency": currency}
    return value


def _choose(options: dict[str, str], given: Given) -> str:
    """The option whose words the request shares most; the first on a tie."""
    scores = {name: len(content_words(words) & given.words) for name, words in options.items()}
    return max(scores, key=lambda name: scores[name])


def _value(path: str, given: Given) -> Any:
    name, _, field = path.partition(".")
    if name == "request":
        return given.request.get(field)
    if name not in given.records:
        return None
    value: Any = given.records[name][1]
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if value != "" else None


def _fill(template: str, given: Given) -> str:
    used: set[str] = set()
    lines: list[str] = []
    for line in template.split("\n"):
        filled = _line(line, given, used)
        # What is missing is said once, however many lines ask for it.
        if not (filled.startswith(NOT_FOUND) and filled in lines):
            lines.append(filled)
    return "\n".join(lines)


def _line(line: str, given: Given, used: set[str]) -> str:
    missing: list[str] = []
    cited: list[int] = []

    def place(match: re.Match[str]) -> str:
        text, sources = _placeholder(match.group(1).strip(), given, used)
        if text is None:
            missing.append(match.group(1).strip())
            return ""
        cited.extend(n for n in sources if n not in cited)
        return text

    filled = PLACE.sub(place, line)
    if missing:
        wanted = " and ".join(dict.fromkeys(_in_words(path, given) for path in missing))
        return f"{NOT_FOUND} {wanted} in our records."
    if not cited or "[" in filled:
        return filled
    marks = f" [{', '.join(map(str, cited))}]"
    return re.sub(r"([.!?]?)$", lambda m: marks + m.group(1), filled.rstrip(), count=1)


def _in_words(path: str, given: Given) -> str:
    """What a placeholder asks for: a record as a whole where it is not there."""
    if path.startswith("best"):
        return "an answer"
    name = path.removeprefix("money ").split(" ")[0]
    source, _, field = name.partition(".")
    if source not in given.records:
        return f"your {source.rstrip('s').replace('_', ' ')}"
    return f"the {field.replace('_', ' ')} of your {source.rstrip('s')}"


def _placeholder(text: str, given: Given, used: set[str]) -> tuple[str | None, list[int]]:
    command, *rest = text.split()
    if command == "best":
        count = _whole(rest[0]) if rest else 1
        return _best(min(count, MOST_BEST), given, used) if count else (None, [])
    path = rest[0] if command == "money" else command
    value = _value(path, given)
    if value is None:
        return None, []
    if command == "money":
        currency = rest[1] if len(rest) > 1 else "USD"
        amount = {"value": _whole(value), "currency": currency}
        if not is_money(amount):
            return None, []  # a record without a readable amount says nothing of one
        value = money(amount)
    name = path.split(".")[0]
    return str(value), [given.records[name][0]] if name in given.records else []


def _whole(value: Any) -> int | None:
    """A record's whole number, which comes as text from CSV. 48.2 cents are no other sum."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if WHOLE.fullmatch(text) else None


def _best(count: int, given: Given, used: set[str]) -> tuple[str | None, list[int]]:
    """The best unused sentences of the passages, each followed by its own citation."""
    scored = []
    for source in given.sources:
        if source.kind != "passage":
            continue
        for order, sentence in enumerate(re.split(r"(?<=[.!?])\s+|\n+", source.text)):
            words = content_words(sentence)
            shared = len(words & given.words)
            if shared and sentence not in used and len(sentence) > 20:
                scored.append((-shared / len(words) ** 0.5, source.n, order, sentence.strip()))
    chosen = sorted(scored)[:count]
    if not chosen:
        return None, []
    used.update(sentence for *_, sentence in chosen)
    cited = [re.sub(r"([.!?]?)$", rf" [{n}]\1", sentence, count=1) for _, n, _, sentence in chosen]
    return " ".join(cited), []
