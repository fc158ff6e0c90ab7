"""Origins of an agent's arguments, as an item's page says them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.rules.phrases import spelled_out
from audit.canonical import sha256
from workflows.engine.agents.origins import Trust

CURRENCY = ".currency"  # of an amount, which says less than its value


@dataclass(frozen=True, slots=True)
class ArgumentOrigin:
    """Where an argument comes from. ``quote`` has the words around it in a stranger's text.

    ``is_written``: it stands in no text, so the model wrote it. ``is_strange``: a stranger's text
    says it, and nothing else does.
    """

    said: str
    quote: str = ""
    is_written: bool = False
    is_strange: bool = False

    @property
    def care(self) -> int:
        """How much care it asks for: a stranger's text, then the model's, then the others."""
        return 2 if self.is_strange else int(self.is_written)


def origins_of_action(
    evidence: Mapping[str, Any], step: str, args: Mapping[str, Any]
) -> dict[str, ArgumentOrigin]:
    """Return the origin of each argument of an action; none of one that a person has changed."""
    marks = (evidence.get("origins") or {}).get(step, ())
    found: dict[str, ArgumentOrigin] = {}
    for mark in sorted(marks, key=lambda mark: mark["path"].endswith(CURRENCY)):
        at = mark.get("at") or mark["path"].split(".")
        if sha256(_value_at(args, at)) != mark["of"]:
            continue
        name, origin = at[0], _origin_of(mark)
        # Of an argument with parts the one that asks for most care is said.
        if name not in found or (
            origin.care > found[name].care and not mark["path"].endswith(CURRENCY)
        ):
            found[name] = origin
    return found


def _origin_of(mark: Mapping[str, Any]) -> ArgumentOrigin:
    said = f"{mark['said']}, and {mark['also']} too" if mark.get("also") else mark["said"]
    is_written, is_stranger = not mark["quote"], mark["trust"] == Trust.STRANGER
    return ArgumentOrigin(
        spelled_out(said),
        spelled_out(mark["quote"]) if is_stranger else "",
        is_written=is_written,
        is_strange=is_stranger and not is_written and not mark.get("also"),
    )


def _value_at(args: Any, at: list[str]) -> Any:
    """Return the value at a path of arguments; None where there is none."""
    for part in at:
        if isinstance(args, Mapping):
            args = args.get(part)
        elif isinstance(args, list) and part.isdigit() and int(part) < len(args):
            args = args[int(part)]
        else:
            return None
    return args
