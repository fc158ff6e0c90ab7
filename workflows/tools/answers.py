"""What an HTTP answer means for a tool's call: it was done, surely not, or nobody knows."""

import json
from typing import Any

from tenants.text.credentials import without_credentials
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, bodies
from workflows.tools.challenges import lacking_scope
from workflows.tools.egress import HttpAnswer

SEE_OTHER = 303  # the request was carried out, and its answer is elsewhere (RFC 9110, 15.4.4)
UNAUTHORIZED = (401, 403, 407)
BUSY = (425, 429)  # refused before anything was done


def body_without_credentials(answer: HttpAnswer, hidden: list[str]) -> Any:
    """Return the body of an answer, JSON or text, that repeats none of the ``hidden`` values."""
    body = bodies.decode_body(answer.kind, answer.body)
    if not hidden:
        return body
    return json.loads(without_credentials(json.dumps(body, ensure_ascii=False), hidden))


def says_done(request: ToolRequest, answer: HttpAnswer) -> bool:
    """Return whether the status of an answer says that it was done."""
    return 200 <= answer.status < 300 or (answer.status == SEE_OTHER and request.acts)


def answer_result(answer: HttpAnswer, body: Any) -> dict[str, Any]:
    """Return what is kept of an answer, with the reason why its body is not whole."""
    return {"status": answer.status, "body": body} | ({"lost": answer.lost} if answer.lost else {})


def failure_of(
    request: ToolRequest, answer: HttpAnswer, body: Any, hidden: list[str]
) -> ToolFailed | ToolInDoubt:
    """Return the failure of an answer whose status does not say that it was done."""
    status, wait, said = answer.status, answer.wait, bodies.error_words(body)
    is_safe = request.takes_key or not request.acts  # another try does no harm
    told = f"It answered {status}" + (f": {said}" if said else ".")
    # A busy server has not begun, so another try is safe without a key too.
    if status in BUSY:
        return ToolFailed(told, retryable=True, kind="rate_limited", wait=wait)
    # 409 may mean that an earlier try with this key is still being worked on.
    if status == 409 and is_safe:
        return ToolFailed(told, retryable=True, kind="rate_limited", wait=wait)
    if status in (408, 503) and is_safe:
        kind = "timeout" if status == 408 else "unavailable"
        return ToolFailed(told, retryable=True, kind=kind, wait=wait)
    if 300 <= status < 400:
        return _redirected(request, status, without_credentials(answer.leads_to, hidden))
    if 400 <= status < 500 and status != 408:
        return _refused(request, answer, said)
    return ToolInDoubt(told, wait=wait)


def _refused(request: ToolRequest, answer: HttpAnswer, said: str) -> ToolFailed:
    """Return the failure of an answer that refuses: nothing was done."""
    status, is_connected = answer.status, bool(request.settings.get("is_connected"))
    told = f"It refused with {status}" + (f": {said}" if said else ".")
    scope = lacking_scope(answer.challenge)
    if scope is not None:
        what = f"the scope {scope}" if scope else "a scope"
        told = f"It refused with {status}: what we sign in with lacks {what}."
    cause = Cause.KEY_REFUSED if status in UNAUTHORIZED else None
    if is_connected and cause:
        cause = Cause.TOKEN_REFUSED if status == 401 else Cause.CONNECTION
    return ToolFailed(told, cause=cause, is_unauthorized=status == 401)


def _redirected(request: ToolRequest, status: int, leads_to: str) -> ToolFailed | ToolInDoubt:
    where = f" to {leads_to}" if leads_to else ""
    told = f"It answered {status} and leads{where}, where nothing was asked."
    if request.acts:
        return ToolInDoubt(f"{told} Whether it was done, only the other side can say.")
    return ToolFailed(f"{told} Set the tool's address to where it leads.", cause=Cause.TOOL)
