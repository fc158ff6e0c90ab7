"""What a person declares of any tool: name, effect and kind fit each other."""

from portal.tools.effect_form import EffectForm


def test_effect_kind_and_undo_fit_each_other() -> None:
    given = {
        "name": "a.b",
        "title": "A",
        "effect": "write",
        "kind": "edit",
        "undo_args": '{"a": "1"}',
    }
    form = EffectForm(given, undos=["back"])
    assert form.errors == {"undo": ["Say which operation undoes it."]}
    form = EffectForm(given | {"undo": "back"}, undos=["back"])
    assert form.is_valid()
    assert form.phrases() == {"title": "", "effect": "", "button": ""}
    assert not EffectForm(given | {"undo": "other"}, undos=["back"]).is_valid()
