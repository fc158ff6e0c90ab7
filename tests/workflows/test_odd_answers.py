"""Whatever a tool answers, it acted, and what it said is kept (case 16a)."""

from typing import Any

import pytest

from tests.lanes import Lane

ANSWERS: list[tuple[bytes, Any]] = [
    (b'{"a": 1e400}', {"a": "1e400"}),
    (b'{"a": [-1e999, 0.5]}', {"a": ["-1e999", 0.5]}),
    (b"[1.7976931348623159e308]", ["1.7976931348623159e308"]),
    (b'{"a": 12345678901234567890.123}', {"a": "12345678901234567890.123"}),
    (b'{"a": 1e-99999999999999999999}', {"a": "1e-99999999999999999999"}),
    (b'{"a": 0.1, "b": 1e3, "c": 48.20}', {"a": 0.1, "b": 1000.0, "c": 48.2}),
    (b'{"a": NaN}', '{"a": NaN}'),
    (b'{"a": "\\ud800"}', '{"a": "\\ud800"}'),
    (b'{"a": "\\u0000"}', '{"a": "\\u0000"}'),
    (b"\xff\xfe\x00", "\ufffd\ufffd\ufffd"),
    (b"[" * 3000, "[" * 3000),
    (b"", ""),
    (b'{"a": ' + b"9" * 5000 + b"}", '{"a": ' + "9" * 3994),
]


@pytest.mark.parametrize(("sent", "kept"), ANSWERS, ids=[str(a[:20]) for a, _ in ANSWERS])
def test_an_odd_answer_is_an_answer(lane: Lane, sent: bytes, kept: Any) -> None:
    lane.shop.body = sent
    lane.start()
    lane.decide()
    lane.pass_time(minutes=5)
    assert lane.statuses() == {"refund": "executed", "send": "executed"}
    assert len(lane.shop.requests) == 1
    result = lane.proposals()["refund"].result
    assert result is not None
    assert result["body"] == kept
