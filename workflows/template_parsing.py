"""Parsed templates: add counting to loops and joins, and refuse what can't be counted. Pure."""

from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateAssertionError
from jinja2.visitor import NodeTransformer

# Names of the counting filters. A template that writes one of them is counted once more.
EACH, JOINED, BUILT = "each round", "joined", "built"
REFUSED: dict[type[nodes.Node], str] = {
    nodes.Macro: "macros",
    nodes.CallBlock: "macros",
    nodes.Block: "blocks",
    nodes.Extends: "other templates",
    nodes.Include: "other templates",
    nodes.Import: "other templates",
    nodes.FromImport: "other templates",
}


def add_counting(tree: nodes.Template) -> None:
    """Wrap a template's loops, joined texts and literal lists in the filters that count.

    Raises TemplateAssertionError for macros, blocks and other templates.
    """
    _Counting().visit(tree)


class _Counting(NodeTransformer):
    """Transformer that wraps nodes in counting filters and refuses nodes that can't be counted."""

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        if what := REFUSED.get(type(node)):
            raise TemplateAssertionError(f"There are no {what} here: write it out", node.lineno)
        super().generic_visit(node, *args, **kwargs)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        if node.recursive:
            raise TemplateAssertionError("A loop can't be recursive here", node.lineno)
        self.generic_visit(node)
        written = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        node.iter = _as_filter(node.iter, EACH, nodes.Const(written))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _as_filter(nodes.List(node.nodes, lineno=node.lineno), JOINED)

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _as_filter(node, BUILT)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _as_filter(node, BUILT)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return node if node.ctx == "store" else _as_filter(node, BUILT)


def _as_filter(node: Any, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)
