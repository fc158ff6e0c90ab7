"""Steps on a page as people write them, a line each, and the arguments that they take. Pure.

open /refunds/new
fill Password with secret shop-admin
fill Order with order
fill Tell her with tell (yes or no)
fill Why with why (Late | Broken)
submit Refund and see The refund is made.
"""

import re
from typing import Any

from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from workflows.browser.settings import (
    LONGEST_VALUE,
    PATH,
    BrowserSettings,
    BrowserStep,
    ClickStep,
    FillStep,
    OpenPageStep,
    SubmitStep,
)

VERBS = "open, fill, click, wait for or submit"
ARGUMENT = re.compile(r"([a-z][a-z0-9_]{0,59})(?: \((.{1,1000})\))?\Z")
KINDS: dict[str, dict[str, Any]] = {
    "": {"type": "string", "maxLength": LONGEST_VALUE},
    "yes or no": {"type": "boolean"},
    "number": {"type": "number"},
}
HOW = {
    "open": "open /refunds/new, a page of the same host",
    "fill": "fill Order with order, or fill Password with secret shop-admin",
    "click": "click Sign in",
    "wait": "wait for Welcome",
    "submit": "submit Refund and see The refund is made.",
}


def read_steps(text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the steps of these lines as a tool's settings have them, and the arguments' schema.

    Raises Invalid with the number of the line that is wrong.
    """
    steps: list[dict[str, Any]] = []
    properties: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not (said := " ".join(line.split())):
            continue
        step, schema = _step(said, number)
        name = step.get("argument")
        if name and properties.setdefault(name, schema) != schema:
            raise _wrong(number, f"{name} is said to be two different things.")
        steps.append(step)
    return steps, {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def with_path(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments' schema with the page that the call names."""
    path = {"type": "string", "maxLength": 1000, "pattern": "^/"}
    return schema | {"properties": schema["properties"] | {PATH: path}}


def step_sentences(settings: BrowserSettings) -> list[str]:
    """Return what a browser does with these settings, a sentence for each step."""
    said = [f"It opens {settings.start}.", *map(_sentence, settings.steps)]
    if settings.any_page:
        said.append("It opens the page of the same host that the call names, if it names one.")
    is_all = settings.read == BrowserSettings.model_fields["read"].default
    where = "the whole page" if is_all else f"“{settings.read}”"
    return [*said, f"It answers with the words of {where}."]


def _sentence(step: BrowserStep) -> str:
    if isinstance(step, FillStep):
        secret = f"the secret {step.secret.removeprefix(REFERENCE)}"
        return f"It fills “{step.fill}” with {step.argument or secret}."
    if isinstance(step, ClickStep):
        return f"It clicks “{step.click}”, which must change nothing there."
    if isinstance(step, OpenPageStep):
        return f"It opens {step.open} of the same host."
    if isinstance(step, SubmitStep):
        return (
            f"Once a person approved it, it clicks “{step.submit}”, a single time. It is done when "
            f"the page shows “{step.shows}”{'' if step.shows[-1] in '.!?' else '.'}"
        )
    return f"It waits until “{step.wait}” shows."


def _step(said: str, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    verb, _, rest = said.partition(" ")
    verb = verb.lower()
    if verb not in HOW:
        raise _wrong(number, f"A line begins with {VERBS}.")
    if verb == "wait":
        rest = rest.removeprefix("for ")
    if not rest:
        raise _wrong(number, f"Write it as: {HOW[verb]}.")
    if verb == "fill":
        return _fill(rest, number)
    if verb == "submit":
        button, _, shows = rest.partition(" and see ")
        if not shows:
            raise _wrong(number, f"Say what the page shows when it is done, as: {HOW[verb]}")
        return {"submit": button, "shows": shows}, {}
    if verb == "open" and not re.match(r"/([^/]|\Z)", rest):
        raise _wrong(number, f"Write it as: {HOW[verb]}.")
    return {verb: rest}, {}


def _fill(rest: str, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    field, _, value = rest.rpartition(" with ")
    if not field:
        raise _wrong(number, f"Write it as: {HOW['fill']}.")
    if value.startswith("secret "):
        return {"fill": field, "secret": f"{REFERENCE}{value.removeprefix('secret ').strip()}"}, {}
    found = ARGUMENT.match(value)
    if found is None:
        said = f"The argument {value[:60]} is named in small letters, digits and _, as order_id."
        raise _wrong(number, said)
    name, kind = found[1], (found[2] or "").strip()
    if kind.lower() in KINDS:
        return {"fill": field, "argument": name}, KINDS[kind.lower()]
    choices = [one.strip() for one in kind.split("|")]
    if len(choices) < 2 or not all(choices) or len(set(choices)) < len(choices):
        said = f"Say of {name} (yes or no), (number), or what may be chosen: (Late | Broken)."
        raise _wrong(number, said)
    return {"fill": field, "argument": name}, {"type": "string", "enum": choices}


def _wrong(number: int, said: str) -> Invalid:
    return Invalid(f"Line {number}: {said}", code="bad_settings")
