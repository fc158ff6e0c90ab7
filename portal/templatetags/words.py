"""Template tags and filters for addresses, icons, forms, times and the client's words."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from django import template
from django.conf import settings
from django.middleware.csrf import get_token
from django.template.context import Context
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from approvals.rules import phrases
from portal import labels
from portal.labels import cost_text
from portal.middleware.tenant import FORM_FIELD
from portal.request import Request
from tenants import clock
from workflows.costs import Cost

register = template.Library()


# -- Addresses and forms ------------------------------------------------------------------


def outer_url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of a page outside any tenant, also during a request inside one."""
    inside = reverse(name, urlconf=settings.ROOT_URLCONF, args=args, kwargs=kwargs)
    return "/" + inside.removeprefix(get_script_prefix())


@register.simple_tag
@cache
def outer(name: str) -> str:
    """``{% outer 'account_logout' %}``: the address of a page outside any tenant."""
    return outer_url(name)


@register.simple_tag(takes_context=True)
def tenant_form(context: Context) -> SafeString:
    """Render the hidden fields of a form inside a tenant: the CSRF token and the tenant's slug."""
    request = context["request"]
    made = vars(request).get("tenant_form")
    if made is None:  # one for all forms of a page
        made = vars(request)["tenant_form"] = _tenant_form(request)
    return cast(SafeString, made)


def _tenant_form(request: Request) -> SafeString:
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="{}" value="{}">',
        get_token(request),
        FORM_FIELD,
        request.tenant.slug,
    )


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """``{% icon 'review' %}``: an icon of portal/assets/icons.svg, hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("icons.svg"),
        name,
    )


# -- Time ---------------------------------------------------------------------------------


def length(span: timedelta) -> str:
    """Return a length of time in its largest units: "2 h 38 min", "6 days"."""
    minutes = int(abs(span).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    if hours >= 10 or (hours and not rest):
        return f"{hours} h"
    if hours:
        return f"{hours} h {rest} min"
    return f"{minutes} min" if minutes else "under a minute"


@register.filter
def until(moment: datetime) -> str:
    """Return the time left: "in 2 h 38 min", or "overdue by 3 h"."""
    left = moment - clock.now()
    return f"in {length(left)}" if left > timedelta(0) else f"overdue by {length(left)}"


@register.filter
def is_soon(moment: datetime) -> bool:
    """Return whether less than four hours are left."""
    return moment - clock.now() < timedelta(hours=4)


def read_moment(value: datetime | str | None) -> datetime | None:
    """Return a time, parsed from ISO text where it comes from JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@register.filter
def ago(value: datetime | str | None) -> str:
    """Return the time since: "just now", "12 min ago", "6 days ago"; "never" for None."""
    moment = read_moment(value)
    if moment is None:
        return "never"
    gone = clock.now() - moment
    return "just now" if gone < timedelta(minutes=1) else f"{length(gone)} ago"


@register.filter
def moment(value: datetime | str | None) -> str:
    """Return a time in the active time zone: "11:52", "18 Nov 11:52", "18 Nov 2025"."""
    found = read_moment(value)
    if found is None:
        return "never"
    local, today = timezone.localtime(found), timezone.localtime(clock.now())
    if local.date() == today.date():
        return local.strftime("%H:%M")
    if local.year == today.year:
        return local.strftime("%-d %b %H:%M")
    return local.strftime("%-d %b %Y")


@register.filter
def moment_with_zone(value: datetime | str | None) -> str:
    """Return a time with the name of its zone, for pages with clients in several zones."""
    return f"{moment(value)} {timezone.get_current_timezone_name()}" if value else "never"


# -- Words --------------------------------------------------------------------------------


@register.filter
def words(value: str) -> str:
    """Return ``execute_with_approval`` as "execute with approval"."""
    return str(value).replace("_", " ").replace("-", " ")


@register.filter
def plain(value: object) -> str:
    """Return a text with invisible characters spelled out, such as ⟦U+202E⟧."""
    return phrases.spelled_out(str(value))


@register.filter
def adapter_label(adapter: str) -> str:
    """Return in words what a tool works through: "a page of a system"."""
    return labels.TOOL_ADAPTERS.get(adapter, adapter)


@register.filter
def authority(rank: int) -> str:
    """Return the rank of a source in words: "the last word"."""
    return labels.AUTHORITY.get(rank, "")


@register.filter
def dollars(micros: int) -> str:
    """Return millionths of a US dollar as "$0.011"."""
    if 0 < micros < 1_000:
        return "under $0.001"
    amount = micros / 1_000_000
    return f"${amount:,.2f}" if micros >= 999_500 or not amount else f"${amount:.3f}"


@register.filter
def cost(amount: Cost | dict[str, Any] | int | None) -> str:
    """Return the cost of one call, of several, or in an item's evidence, as "$0.011"."""
    match amount:
        case Cost():
            known = amount
        case dict():
            known = Cost(amount["cost_micros"], amount.get("cost_unknown", 0))
        case _:
            known = Cost.of([amount])
    return cost_text(known, dollars(known.micros))


@register.filter
def seconds(millis: int) -> str:
    """Return milliseconds as "3.2 s"."""
    if millis < 1:
        return "under 1 ms"
    return f"{millis / 1000:.1f} s" if millis >= 100 else f"{millis} ms"
