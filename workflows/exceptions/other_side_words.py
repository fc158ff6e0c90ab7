"""Words about causes that lie in what another system offers, asks or shows. Pure."""

from workflows.exceptions.cause_row import ELSEWHERE, Words
from workflows.exceptions.causes import Cause, CausePage, Responsible

P, C = Responsible.PROVIDER, Responsible.CLIENT

OTHER_SIDE_WORDS = {
    Cause.TOOL_CHANGED: Words(
        P,
        "a system it uses has changed what it offers",
        "The tool is not any more as it was when a person turned it on, so it was not called.",
        "The server's page shows what changed. Turn the tool on again if that is right.",
        CausePage.SERVERS,
        "One of the systems it uses describes itself in another way than before.",
        ELSEWHERE,
    ),
    Cause.TOOL_ASKS: Words(
        C,
        "another system asks something before it goes on",
        "The server of a tool asked a person something in the middle of a call.",
        "Somebody of the client answers it, or does not. It is then asked to go on.",
        CausePage.RUN,
        "It was asked to do this, and wants to know something first.",
        "Answer below if you want to. Its words come from outside: tell it no password.",
        tells=True,
    ),
    Cause.FORM_CHANGED: Words(
        C,
        "the form it fills in is not as it was approved",
        "The form that a person approved looked otherwise when it was to be sent. It was not sent.",
        "Ask for the approval again: its card then shows the form as it is now. Change the tool's "
        "steps where the page is another one by now.",
        CausePage.RUN,
        "The form it fills in has changed since somebody approved what it said.",
        "Ask again below to see the form as it is now, or do this yourself and close it.",
        tells=True,
    ),
}
