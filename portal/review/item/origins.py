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


def origins_of_action(
    evidence: Mapping[str, Any], step: str, args: Mapping[str, Any]
) -> dict[str, ArgumentOrigin]:
    """Return the origin of each argument of an action; none of one that a person has changed."""
    marks = (evidence.get("origins") or {}).get(step, ())
    found: dict[str, ArgumentOrigin] = {}
    for mark in sorted(marks, key=lambda mark: mark["path"].endswith(CURRENCY)):
        name = mark["path"].partition(".")[0]
        if sha256(_value_at(args, mark["path"])) != mark["of"]:
            continue
        origin = _origin_of(mark)
        # Of an argument with parts the one that asks for most care is said.
        if name not in found or (origin.is_strange and not found[name].is_strange):
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


def _value_at(args: Any, path: str) -> Any:
    """Return the value at a path of arguments; None where there is none."""
    for part in path.split("."):
        if isinstance(args, Mapping):
            args = args.get(part)
        elif isinstance(args, list) and part.isdigit() and int(part) < len(args):
            args = args[int(part)]
        else:
            return None
    return args
