"""What is asked again and again is marked for the provider's cache, and nothing else."""

from workflows.gateway.prompt_cache import LEAST, MARK, with_cache_marks

CLAUDE = "anthropic/claude-sonnet-4-5"
RULES = {"role": "system", "content": "r" * LEAST}
ASKED = {"role": "user", "content": "Where is it?"}
SAID = {"role": "assistant", "content": "Which order?"}


def test_long_rules_are_marked() -> None:
    system, user = with_cache_marks(CLAUDE, [RULES, ASKED])
    assert system["content"] == [{"type": "text", "text": RULES["content"], "cache_control": MARK}]
    assert user == ASKED
    assert RULES["content"] == "r" * LEAST  # what was given stays


def test_short_rules_are_not() -> None:
    short = {"role": "system", "content": "r" * (LEAST - 1)}
    assert with_cache_marks(CLAUDE, [short, ASKED]) == [short, ASKED]


def test_a_conversation_is_marked_where_it_stands() -> None:
    *before, last = with_cache_marks(CLAUDE, [RULES, ASKED, SAID, ASKED])
    assert last["content"][0]["cache_control"] == MARK
    assert before[1:] == [ASKED, SAID]
    short = [ASKED, SAID, ASKED]
    assert with_cache_marks(CLAUDE, short) == short


def test_results_of_tools_are_left_as_they_are() -> None:
    result = {"role": "tool", "tool_call_id": "1", "content": "found"}
    messages = [RULES, ASKED, {"role": "assistant", "content": None, "tool_calls": []}, result]
    assert with_cache_marks(CLAUDE, messages)[1:] == messages[1:]


def test_other_models_cache_by_themselves() -> None:
    messages = [RULES, ASKED, SAID, ASKED]
    assert with_cache_marks("openai/gpt-5", messages) is messages
