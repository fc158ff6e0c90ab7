"""Words about causes that have to do with signing in to another system (OAuth). Pure."""

from workflows.exceptions.cause_row import ELSEWHERE, Words
from workflows.exceptions.causes import Cause, CausePage, Responsible

SIGN_IN_WORDS = {
    Cause.CONNECTION: Words(
        Responsible.PROVIDER,
        "a system it uses wants us to sign in again",
        "A connection has no token that holds, or its token lacks a scope. Nothing was sent.",
        "The credentials say which connection it is. Connect it again.",
        CausePage.CREDENTIALS,
        "One of the systems it uses wants us to sign in there again.",
        ELSEWHERE,
    ),
    Cause.TOKEN_REFUSED: Words(
        Responsible.PROVIDER,
        "a system it uses does not take our sign-in",
        "The other side did not take a connection's token, not even after it was renewed.",
        "Connect it again, or ask whoever runs that system.",
        CausePage.CREDENTIALS,
        "One of the systems it uses does not take our sign-in there.",
        ELSEWHERE,
    ),
}
