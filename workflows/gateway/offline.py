"""Offline drafter: writes a draft from records and passages, as an extractive baseline. Pure.

It fills the version's template with fields of the records, and with the sentences of the passages
that share most words with the request. It cites each, and says what it could not find. The
result is deterministic. Placeholders of a template:

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
from tenants.text.sentences import joined_by_and

SOURCE = re.compile(r'<source n="(\d+)" name="([^"]*)" kind="([^"]*)">(.*?)</source>', re.DOTALL)
MOST_BEST = 100  # sentences in one place
WHOLE = re.compile(r"-?[0-9]{1,18}")
NOT_FOUND = "We could not find"
PLACEHOLDER = re.compile(r"\[\[([^\[\]]{1,200})\]\]")


@dataclass(frozen=True, slots=True)
class OfflineSource:
    """Source in the prompt, with its number, name, kind and text."""

    n: int
    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Prompt as the drafter reads it: the request, its sources, and the records by name.

    Each record has the number of its source.
    """

    request: dict[str, Any]
    sources: list[OfflineSource]
    records: dict[str, tuple[int, dict[str, Any]]]

    @property
    def words(self) -> set[str]:
        """Stems of the request's content words."""
        return content_words(" ".join(str(v) for v in self.request.values()))


def draft(messages: list[dict[str, Any]], answers: dict[str, Any] | None = None) -> str:
    """Return the answer to a prompt: JSON text of its schema, or plain text without a schema.

    ``answers`` are tools' answers by the tools' names, whose fields a template may have as those of
    records.
    """
    # Later messages have a reviewer's feedback on a former attempt, which this drafter can't use.
    system, user = _first_text(messages, "system"), _first_text(messages, "user")
    template, prompt = _between(system, "template").strip("\n"), _read_prompt(user)
    for name, value in (answers or {}).items():
        if isinstance(value, dict):
            prompt.records[name.replace(".", "_")] = (0, value)
    if "<schema>" not in system:
        return _fill(template or "[[best 2]]", prompt)
    schema = json.loads(_between(system, "schema") or "{}")
    answer: dict[str, Any] = {}
    for name, prop in schema.get("properties", {}).items():
        if name == "text":
            answer["text"] = _fill(template, prompt)
        else:
            answer[name] = _property(prop, prompt)
    return json.dumps(answer, ensure_ascii=False)


def tagged_json(messages: list[dict[str, Any]], tag: str, otherwise: Any) -> Any:
    """Return the JSON between two tags of the system message; ``otherwise`` where there is none."""
    return json.loads(_between(_first_text(messages, "system"), tag) or "null") or otherwise


def request_of(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the request in a prompt; empty where it has none."""
    return _read_prompt(_first_text(messages, "user")).request


def content_words(text: str) -> set[str]:
    """Return the stems of a text's words, without the small words of its language."""
    return {stem(w) for w in WORD.findall(text.lower()) if w not in SMALL}


def _first_text(messages: list[dict[str, Any]], role: str) -> str:
    found = (message.get("content") for message in messages if message.get("role") == role)
    return next((text for text in found if isinstance(text, str)), "")


def _between(text: str, tag: str) -> str:
    match = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return match.group(1) if match else ""


def _read_prompt(user: str) -> Prompt:
    sources = [OfflineSource(int(m[1]), m[2], m[3], m[4]) for m in SOURCE.finditer(user)]
    records = {s.name: (s.n, json.loads(s.text)) for s in reversed(sources) if s.kind == "record"}
    return Prompt(json.loads(_between(user, "request") or "{}"), sources, records)


def _property(prop: dict[str, Any], prompt: Prompt) -> Any:
    if "x-from" in prop:
        value = _as_type(_value(prop["x-from"], prompt), prop)
        if value is not None:
            return value
    if "x-choose" in prop:
        return _choose(prop["x-choose"], prompt)
    return prop.get("default")


def _as_type(value: Any, prop: dict[str, Any]) -> Any:
    """Return a record's value in the schema's type; None where it has another type."""
    if prop.get("type") == "integer":
        return _whole_number(value)
    if "currency" in prop.get("properties", {}):
        whole = _whole_number(value)
        currency = prop["properties"]["currency"]["const"]
        return None if whole is None else {"value": whole, "currency": currency}
    return value


def _choose(options: dict[str, str], prompt: Prompt) -> str:
    """Return the option that shares most words with the request; the first on a tie."""
    scores = {name: len(content_words(words) & prompt.words) for name, words in options.items()}
    return max(scores, key=lambda name: scores[name])


def _value(path: str, prompt: Prompt) -> Any:
    name, _, field = path.partition(".")
    if name == "request":
        return prompt.request.get(field)
    if name not in prompt.records:
        return None
    value: Any = prompt.records[name][1]
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value if value != "" else None


def _fill(template: str, prompt: Prompt) -> str:
    used: set[str] = set()
    lines: list[str] = []
    for line in template.split("\n"):
        filled = _line(line, prompt, used)
        # What is missing is said once, however many lines ask for it.
        if not (filled.startswith(NOT_FOUND) and filled in lines):
            lines.append(filled)
    return "\n".join(lines)


def _line(line: str, prompt: Prompt, used: set[str]) -> str:
    missing: list[str] = []
    cited: list[int] = []

    def place(match: re.Match[str]) -> str:
        text, sources = _placeholder(match.group(1).strip(), prompt, used)
        if text is None:
            missing.append(match.group(1).strip())
            return ""
        cited.extend(n for n in sources if n not in cited)
        return text

    filled = PLACEHOLDER.sub(place, line)
    if missing:
        wanted = dict.fromkeys(_placeholder_words(path, prompt) for path in missing)
        return f"{NOT_FOUND} {joined_by_and(list(wanted))} in our records."
    if not cited or "[" in filled:
        return filled
    marks = f" [{', '.join(map(str, cited))}]"
    return re.sub(r"([.!?]?)$", lambda m: marks + m.group(1), filled.rstrip(), count=1)


def _placeholder_words(path: str, prompt: Prompt) -> str:
    """Return the words for a placeholder's value; for its record where that is missing."""
    if path.startswith("best"):
        return "an answer"
    name = path.removeprefix("money ").split(" ")[0]
    source, _, field = name.partition(".")
    if source not in prompt.records:
        return f"your {source.rstrip('s').replace('_', ' ')}"
    return f"the {field.replace('_', ' ')} of your {source.rstrip('s')}"


def _placeholder(text: str, prompt: Prompt, used: set[str]) -> tuple[str | None, list[int]]:
    command, *rest = text.split()
    if command == "best":
        count = _whole_number(rest[0]) if rest else 1
        return _best(min(count, MOST_BEST), prompt, used) if count else (None, [])
    path = rest[0] if command == "money" else command
    value = _value(path, prompt)
    if value is None:
        return None, []
    if command == "money":
        currency = rest[1] if len(rest) > 1 else "USD"
        amount = {"value": _whole_number(value), "currency": currency}
        if not is_money(amount):
            return None, []  # the record has no readable amount, which is like a missing field
        value = money(amount)
    name = path.split(".")[0]
    number = prompt.records[name][0] if name in prompt.records else 0
    return str(value), [number] if number else []  # a tool's answer is no source to cite


def _whole_number(value: Any) -> int | None:
    """Return a record's whole number, also from the text of a CSV; None for any other value.

    A fraction of a cent is not rounded, because that would state another sum.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if WHOLE.fullmatch(text) else None


def _best(count: int, prompt: Prompt, used: set[str]) -> tuple[str | None, list[int]]:
    """Return the best unused sentences of the passages, each followed by its citation."""
    scored = []
    for source in prompt.sources:
        if source.kind != "passage":
            continue
        for order, sentence in enumerate(re.split(r"(?<=[.!?])\s+|\n+", source.text)):
            words = content_words(sentence)
            shared = len(words & prompt.words)
            if shared and sentence not in used and len(sentence) > 20:
                scored.append((-shared / len(words) ** 0.5, source.n, order, sentence.strip()))
    chosen = sorted(scored)[:count]
    if not chosen:
        return None, []
    used.update(sentence for *_, sentence in chosen)
    cited = [re.sub(r"([.!?]?)$", rf" [{n}]\1", sentence, count=1) for _, n, _, sentence in chosen]
    return " ".join(cited), []
