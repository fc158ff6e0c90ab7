"""Never-rules forbid actions whatever a rung, role or approval allows. Pure.

A rule matches by any mix of tool, kind, a condition over ``args`` and a text; everything that it
names must hold.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from approvals.rules import expressions
from approvals.rules.hidden_characters import compared_forms, unspaced
from tenants.errors import Invalid


@dataclass(frozen=True, slots=True)
class Rule:
    """A never-rule; its empty fields match anything. ``why`` is told to people."""

    tool: str = ""
    kind: str = ""
    condition: str = ""
    text: str = ""
    why: str = ""

    def sentence(self) -> str:
        """Return the rule as a sentence."""
        what = self.tool or (f"any {self.kind}" if self.kind else "anything")
        where = f" where {self.condition}" if self.condition else ""
        said = f" that says “{self.text}”" if self.text else ""
        return f"Never {what}{where}{said}." + (f" {self.why}" if self.why else "")

    def said(self) -> str:
        """Return what people are told: the client's reason, else the rule as a sentence."""
        return self.why or self.sentence()


@dataclass(frozen=True)
class Subject:
    """An action that a rule is matched against."""

    tool: str
    kind: str
    args: dict[str, Any]

    @cached_property
    def said(self) -> frozenset[str]:
        """The texts of the arguments in every compared form; computed once for all rules."""
        return frozenset(read for text in _texts(self.args) for read in compared_forms(text))


@dataclass(frozen=True, slots=True)
class Known:
    """A live tool, for checking that a rule can match something.

    ``asks_outside``: it reads, and what it is asked leaves the client's own systems.
    """

    name: str
    kind: str
    fields: frozenset[str]
    asks_outside: bool = False


def broken_rules(rules: Iterable[Rule], subject: Subject) -> tuple[str, ...]:
    """Return what people are told of each rule that forbids the action."""
    return tuple(rule.said() for rule in rules if _matches(rule, subject))


def _matches(rule: Rule, subject: Subject) -> bool:
    if rule.tool and rule.tool != subject.tool:
        return False
    if rule.kind and rule.kind != subject.kind:
        return False
    if rule.text and not _says(subject, rule.text):
        return False
    return not rule.condition or _holds(rule.condition, subject.args)


def _says(subject: Subject, text: str) -> bool:
    wanted = {one for read in compared_forms(text) for one in (read, unspaced(read))}
    return any(one in said for said in subject.said for one in wanted)


def _holds(condition: str, args: dict[str, Any]) -> bool:
    try:
        return expressions.evaluate(condition, {"args": args}) is not False
    except Invalid:
        # A condition that can't be evaluated, as for a missing argument, forbids: the safe side.
        return True


def _texts(value: Any) -> Iterator[str]:
    """Yield what a rule on text reads: texts, numbers as text, and names of arguments."""
    match value:
        case str():
            yield value
        case dict():
            for name, item in value.items():
                yield str(name)
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case int() | float() if not isinstance(value, bool):
            yield str(value)


def check(rule: Rule, tools: Iterable[Known]) -> None:
    """Raise Invalid for a rule that can match nothing, or that names nothing."""
    if not (rule.tool or rule.kind or rule.condition or rule.text):
        raise Invalid("Say a tool, a kind, a condition or a text.", code="empty_rule")
    if rule.text and "" in compared_forms(rule.text):
        raise Invalid("Nobody can see that text, so nothing can say it.", code="empty_rule")
    if rule.condition:
        expressions.check(rule.condition, names={"args"})
    reached = [
        t
        for t in tools
        if (not rule.tool or t.name == rule.tool) and (not rule.kind or t.kind == rule.kind)
    ]
    if not reached:
        what = " of kind ".join(filter(None, (rule.tool or "a tool", rule.kind)))
        raise Invalid(
            f"There is no {what} here, so this rule would never match. Check the name.",
            code="rule_matches_nothing",
        )
    fields = condition_fields(rule.condition)
    if not any(fields <= tool.fields for tool in reached):
        raise Invalid(
            f"No such tool takes {', '.join(sorted(fields))}, so this rule would never match.",
            code="rule_matches_nothing",
        )


def condition_fields(condition: str) -> set[str]:
    """Return the names of the arguments that a condition reads."""
    named = re.findall(
        r"\bargs(?:\.([A-Za-z_]\w*)|\[\s*(?:\"([^\"]*)\"|'([^']*)')\s*\])", condition
    )
    return {name for names in named for name in names if name}
