"""The reference of definitions as Markdown, from the JSON Schema and the examples. Pure."""

from collections.abc import Iterator, Mapping

from workflows.validation.json_schema import Json, definition_schema

INTRODUCTION = """# Definition reference

Every setting of a definition, made from the models that read one: `uv run manage.py reference`
writes this page anew. How steps follow each other is told in [The shapes of work](definitions.md).
The examples lie in [examples](examples/); a test publishes and runs each.
"""
# Sections in reading order: the name in the JSON Schema, the heading, the example's file.
HEAD = (
    ("Brief", "`brief`: why it exists", ""),
    ("Never", "`never`: what it never does", ""),
    ("On", "`on`: what starts it", ""),
    ("Schedule", "`on.schedule`: times", "schedule"),
    ("FromMail", "`on.mail`: mails", "mail"),
)
STEP = (
    ("ForEach", "`for_each`: once for each item of a list", "for_each"),
    ("Retry", "`retry`: a failed call again", ""),
    ("Fallback", "`on_failure`: when a step has failed for good", "failing"),
)


# What expressions and templates read: what it is, and an expression that reads it.
NAMES = {
    "input": ("The request that the run was given.", "input.order_id"),
    "steps": (
        "What finished steps gave, by their names. A step reads those it needs.",
        "has(steps.paid.output.deadline_passed)",
    ),
    "records": (
        "Records that retrieve steps found, by their sources.",
        "records.orders.customer",
    ),
    "index": ("Under `for_each`: the item's place in the list, from 0.", "index"),
    "line": ("Under `for_each`: the item, by the name that `as` gives it.", "line.sku"),
    "event": ("In the `if` of a `wait`: the data of the event.", "event.cents >= input.cents"),
}


def reference(examples: Mapping[str, str]) -> str:
    """The page; ``examples`` are definitions as YAML by the names of their files."""
    schema = definition_schema("")
    defs: Json = schema["$defs"]
    kinds = [one["required"][0] for one in defs["Step"]["oneOf"]]
    parts = [INTRODUCTION, _section("## The head", schema, examples.get("head", ""))]
    parts += [
        _section(f"### {title}", defs[name], examples.get(file, "")) for name, title, file in HEAD
    ]
    parts.append(_section("## Every step", defs["Step"], "", without=kinds))
    parts += [
        _section(f"### {title}", defs[name], examples.get(file, "")) for name, title, file in STEP
    ]
    parts.append("## Kinds of steps\n")
    for kind in kinds:
        said = defs["Step"]["properties"][kind]["description"]
        about = {**defs[kind], "description": f"{said}\n\n{defs[kind].get('description', '')}"}
        parts.append(_section(f"### `{kind}`", about, examples.get(kind, "")))
    parts.append(_names())
    return "\n".join(parts)


def _section(heading: str, schema: Json, example: str, without: list[str] | None = None) -> str:
    hidden = set(without or ())
    rows = "".join(
        f"| `{name}` | {_type(field)} | {_default(name, field, schema)} | {_line(field)} |\n"
        for name, field in schema["properties"].items()
        if name not in hidden
    )
    table = f"| Setting | Value | Default | What it says |\n| --- | --- | --- | --- |\n{rows}"
    said = schema.get("description", "").replace("``", "`").strip()
    shown = f"\n```yaml\n{example.strip()}\n```\n" if example else ""
    return f"{heading}\n\n{said}\n\n{table}{shown}"


def _line(field: Json) -> str:
    return " ".join(field.get("description", "").replace("``", "`").split()).replace("|", "\\|")


def _default(name: str, field: Json, schema: Json) -> str:
    if name in schema.get("required", ()):
        return "required"
    value = field.get("default")
    if value in (None, "", [], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`".replace("'", "")


def _type(field: Json) -> str:
    """The kind of value a setting has, in few words, with its bounds."""
    return " or ".join(dict.fromkeys(_types(field))) or "any"


def _types(field: Json) -> Iterator[str]:
    if "$ref" in field:
        yield "mapping"
    elif "enum" in field or "const" in field:
        values = field.get("enum", [field.get("const")])
        yield ", ".join(f"`{value}`" for value in values if value != "")
    elif "anyOf" in field:
        for one in field["anyOf"]:
            if one.get("type") != "null":
                yield from _types(one)
    elif field.get("type") == "array":
        yield f"list of {_type(field.get('items', {}))}"
    elif isinstance(field.get("type"), list):
        yield f"text or number, such as {', '.join(field['examples'])}"
    elif "type" in field:
        yield {"string": "text", "object": "mapping", "boolean": "yes or no"}.get(
            field["type"], "number"
        ) + _bounds(field)


def _bounds(field: Json) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    return f", {field['maxLength']:,} characters at most" if "maxLength" in field else ""


def _names() -> str:
    rows = "".join(
        f"| `{name}` | {said} | `{example}` |\n" for name, (said, example) in NAMES.items()
    )
    head = "| Name | What it is | Example |\n| --- | --- | --- |\n"
    return (
        "## Names in expressions and templates\n\n"
        "Expressions are [CEL](https://cel.dev), templates are "
        "[Jinja](https://jinja.palletsprojects.com) in a sandbox. "
        f"Both read these names.\n\n{head}{rows}"
    )
