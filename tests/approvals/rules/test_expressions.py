"""An expression can neither end the process nor keep it busy, whatever is written in it."""

import subprocess
import sys
import time
from typing import Any

import pytest

from approvals.rules import expressions
from approvals.rules.expression_limits import CODE
from approvals.rules.never import Rule, Subject, broken_rules
from tenants.errors import Invalid
from tests.lanes import Lane
from tests.world import DEFINITION

TEN = "[1,2,3,4,5,6,7,8,9,10]"
# Every way to make the library recurse, as deep as is let through and far deeper.
DEEP = [
    "'1' + '+1' * n",
    "'args' + '.a' * n",
    "'args' + '[0]' * n",
    "'true' + '||true' * n",
    "'(' * n + '1' + ')' * n",
    "'[' * n + ']' * n",
    "'{1:' * n + '1' + '}' * n",
    "'size(' * n + 'args' + ')' * n",
    "'args' + '.size()' * n",
    "'[1].map(x,' * n + '1' + ')' * n",
    "'(true?' * n + '1' + ':1)' * n",
    "'!(' * n + 'true' + ')' * n",
    "'1' + ' in [1]' * n",
    "('(' + '1+' * 14) * n + '1' + ')' * n",
    # Brackets in texts don't make those outside look less deep.
    "repr(')' * n) + '+' + '(' * n + '1' + ')' * n",
]
# The stack of a thread is 2 MB where it is small; a fourth of it is enough.
CHILD = """
import sys, threading
from approvals.rules import expressions
def work():
    for n in (4, 8, 14, 20, 33, 50, 99, 149, 299, 1000, 4000, 50000):
        try: expressions.evaluate(eval(sys.argv[1]), {"args": {"a": 1}})
        except Exception as error: print(n, type(error).__name__)
threading.stack_size(512 << 10)
thread = threading.Thread(target=work); thread.start(); thread.join()
"""


def refusal(source: str, **names: Any) -> Invalid:
    began = time.thread_time()
    with pytest.raises(Invalid) as refused:
        expressions.evaluate(source, names)
    assert time.thread_time() - began < 1
    assert len(refused.value.message) < 1000
    return refused.value


@pytest.mark.parametrize("shape", DEEP)
def test_no_expression_ends_the_process(shape: str) -> None:
    """G8"""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, shape], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-300:]
    assert "50000 Invalid" in done.stdout
    assert {line.split()[1] for line in done.stdout.splitlines()} == {"Invalid"}


@pytest.mark.parametrize(
    ("source", "args"),
    [
        (f"{TEN}.map(a,{TEN}.map(b,{TEN}.map(c,{TEN}.map(d,1))))", {}),
        ("args.l.map(x, args.s)", {"l": list(range(1000)), "s": "x" * 64_000}),
        ("args.l.map(x, args.l.map(y, args.s))", {"l": list(range(100)), "s": "x" * 64_000}),
        ("args.l.exists(x, args.l.exists(y, x == -y - 1))", {"l": list(range(32_000))}),
        ("['aaaaaaaa']" + ".map(a, a + a)" * 25, {}),
        ("args.l.exists(x, args.s.matches('z(a{1,200}){1,200}z'))", {"l": [1] * 1000, "s": "a"}),
        ("args.s + args.s + args.s + args.s + args.s", {"s": "x" * 300_000}),
        ("[" + ",".join(["args.s"] * 40) + "]", {"s": "x" * 64_000}),
        ("size([" + ",".join(["args.s"] * 150) + "]) > 0", {"s": "x" * 1_000_000}),
    ],
)
def test_an_expression_that_would_take_too_much_is_not_begun(source: str, args: Any) -> None:
    """G8"""
    assert refusal(source, args=args).code == CODE


@pytest.mark.parametrize(
    ("source", "args"),
    [
        ("args.l.filter(x, x.price > 3).map(x, x.name)", {"l": [{"price": 9, "name": "n"}] * 300}),
        ("args.o.exists(o, o.k.exists(i, i.q > 3))", {"o": [{"k": [{"q": 9}] * 20}] * 50}),
        ("args.a + ' ' + args.b + ' ' + args.a + ' ' + args.b", {"a": "x" * 60_000, "b": "y"}),
        ("args.l.all(x, x.matches('^A-[0-9]+$'))", {"l": ["A-1"] * 100}),
    ],
)
def test_what_workflows_are_made_of_is_let_through(source: str, args: Any) -> None:
    assert expressions.evaluate(source, {"args": args})


@pytest.mark.parametrize(
    "source",
    [
        "1 / 0",
        "1 % 0",
        "9223372036854775807 + 1",
        "[1][5]",
        "args.nothing",
        "args.large + 1",
        "timestamp('0000-01-01T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59Z') + duration('9999h')",
        "int('x')",
        "'a'.matches('[')",
        "'a' + 1",
        "size(1)",
        "",
        "\x00",
        "'\\ud800'",
    ],
)
def test_whatever_the_library_raises_is_said_in_words(source: str) -> None:
    """G8"""
    refusal(source, args={"large": 10**400})


@pytest.mark.parametrize(
    ("source", "said", "code", "field"),
    [
        ("input.order.total > 1", "there is no total.", "missing_value", "total"),
        ("records.crm.total > 1", "there is no total.", "missing_value", "total"),
        # Only what a client sends, or a source holds, can be missing: others are faults of a rule.
        ("args.total > 1", "'total'", "expression", None),
        ("1/0", "division by zero in CEL expression", "expression", None),
    ],
)
def test_what_is_missing_is_named(source: str, said: str, code: str, field: str | None) -> None:
    refused = refusal(source, input={"order": {}}, records={"crm": {}}, args={})
    assert refused.message == f"“{source}” can't be worked out: {said}"
    assert (refused.code, refused.data.get("field")) == (code, field)


def test_a_missing_field_with_a_long_name_is_named_in_short() -> None:
    refused = refusal(f"input.{'a' * 200} > 1", input={})
    assert refused.data == {"field": "a" * 60}


@pytest.mark.parametrize(
    "condition", ["1" + "+1" * 50_000 + " > 0", "args.l.map(x, args.s).size() > 5000", "1/0 > 1"]
)
def test_a_never_rule_that_is_too_much_to_work_out_forbids(condition: str) -> None:
    """G8: stored before there were bounds, or over arguments that are too large."""
    args = {"l": list(range(1000)), "s": "x" * 64_000}
    assert broken_rules([Rule(condition=condition)], Subject("mail.send", "send", args))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("args.amount.value > 20000", "1" + "+1" * 400 + " > 20000"),
        ("steps.reply.output.text", "'a'" + "+'a'" * 400),
    ],
)
def test_an_expression_out_of_bounds_is_refused_when_it_is_saved(
    lane: Lane, old: str, new: str
) -> None:
    """G8"""
    text = DEFINITION.replace("workflow: refund-replies", "workflow: other")
    assert old in text
    with pytest.raises(Invalid, match="more than 300 operators"):
        lane.use(text.replace(old, new))
