"""Sources are added to the text of a definition, which stays as it was written otherwise. Pure."""

import textwrap
from collections.abc import Iterable

import yaml

WIDTH = 100  # characters of a line of names


def add_source_names(text: str, names: Iterable[str]) -> str:
    """Return a definition's text with these names behind those in its list of sources."""
    listed = list(names)
    root = yaml.compose(text, yaml.SafeLoader)
    if not listed or not isinstance(root, yaml.MappingNode):
        return text
    pairs = {key.value: (key, value) for key, value in root.value}
    if "sources" not in pairs:
        before = pairs["steps"][0].start_mark.index if "steps" in pairs else len(text)
        return f"{text[:before]}sources: [{_joined(listed)}]\n{text[before:]}"
    node = pairs["sources"][1]
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return f"{text[:start]}{'' if start < end else ' '}[{_joined(listed)}]{text[end:]}"
    last = node.value[-1].end_mark.index
    if node.flow_style:
        return f"{text[:last]}, {_joined(listed)}{text[last:]}"
    # Behind the end of the line, where a comment may stand.
    line_end = text.find("\n", last)
    last = len(text) if line_end < 0 else line_end
    indent = " " * node.start_mark.column
    return text[:last] + "".join(f"\n{indent}- {name}" for name in listed) + text[last:]


def _joined(names: list[str]) -> str:
    """Return names separated by commas, on lines of some length."""
    lines = textwrap.wrap(", ".join(names), WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n  ".join(lines)
