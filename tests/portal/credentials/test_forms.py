"""Forms of credentials: what they take, and how long a former value serves."""

from datetime import timedelta

from portal.credentials.forms import TIMES, ConnectionForm, ExchangeForm
from tenants import clock


def test_the_time_of_an_exchange_is_counted_from_now() -> None:
    for hours in TIMES:
        form = ExchangeForm({"value": "x", "hours": hours})
        assert form.is_valid()
        left = form.cleaned_data["until"] - clock.now()
        assert abs(left - timedelta(hours=int(hours))) < timedelta(minutes=1)


def test_a_value_keeps_its_blanks_and_is_never_rendered() -> None:
    form = ExchangeForm({"value": " s3cret ", "hours": "24"})
    assert form.is_valid()
    assert form.cleaned_data["value"] == " s3cret "
    assert "s3cret" not in form.as_p()


def test_a_connection_needs_a_name_and_an_address() -> None:
    form = ConnectionForm({"name": "A b", "grant": "other", "client_secret": "s3cret"})
    assert not form.is_valid()
    assert {"name", "address", "grant"} <= set(form.errors)
    assert "s3cret" not in form.as_p()
    assert ConnectionForm(
        {"name": "crm", "address": "https://a.example", "grant": "code"}
    ).is_valid()
