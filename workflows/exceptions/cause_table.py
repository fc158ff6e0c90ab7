"""Table of words by cause: the responsible party, and what staff and client read. Pure."""

from dataclasses import dataclass

from workflows.exceptions.causes import Cause, CausePage, Responsible


@dataclass(frozen=True, slots=True)
class Words:
    """Words that people read about a cause.

    ``short`` is for a row of the queue and a mail's subject. ``happened`` and ``mend`` are for the
    provider's staff, with a link to ``page``. ``means`` and ``meanwhile`` are for the client's
    people. ``tells``: the problem's own sentence is plain enough for the client, and shown too.
    """

    responsible: Responsible
    short: str
    happened: str
    mend: str
    page: CausePage
    means: str
    meanwhile: str
    tells: bool = False


WAIT = "You need not do anything. If it is urgent, do this one yourself and close it here."
ELSEWHERE = "You need not do anything. Other requests may meet the same until it is mended."
KEEPS = "This run keeps its own version: give its step a value, or have it handled by hand."

P, C = Responsible.PROVIDER, Responsible.CLIENT

WORDS = {
    Cause.HOST: Words(
        P,
        "the address of a system it uses is not allowed yet",
        "The workflow wants to call a host that is not among this client's allowed hosts, or that "
        "leads to an address inside.",
        "Check that the host is right and the client wants it called. Add it to the allowed "
        "hosts.",
        CausePage.SETTINGS,
        "It needs a system at an address that has not been allowed for your business.",
        ELSEWHERE,
    ),
    Cause.KEY_MISSING: Words(
        P,
        "a key for a system it uses is missing",
        "A tool or a model refers to a secret that is not kept here, or that can't be read.",
        "Add the secret under the name given in the details.",
        CausePage.SECRETS,
        "The key that opens one of the systems it uses is missing here.",
        ELSEWHERE,
    ),
    Cause.KEY_REFUSED: Words(
        P,
        "a system it uses did not accept our key",
        "The other side answered that the key is not accepted, or may not do this.",
        "Ask whoever runs that system for a valid key and set the secret again.",
        CausePage.SECRETS,
        "One of the systems it uses did not accept the key it was given.",
        ELSEWHERE,
    ),
    Cause.TOOL: Words(
        P,
        "the connection to a system it uses is not set up right",
        "A tool is gone, or its settings can't be used for this call.",
        "Put the tool's settings right.",
        CausePage.TOOLS,
        "The connection to one of the systems it uses is not set up right.",
        ELSEWHERE,
    ),
    Cause.SYSTEM_DOWN: Words(
        P,
        "a system it uses could not be reached",
        "The other side could not be reached, or was too busy, each time it was tried.",
        "Check whether that system is up and its address is right. Once it answers, try again.",
        CausePage.TOOLS,
        "One of the systems it uses could not be reached, though it was tried more than once.",
        WAIT,
    ),
    Cause.MAIL_OUT: Words(
        P,
        "the mail could not be sent",
        "The mail server could not be reached, or did not take the mail.",
        "Mend the mail server or its settings. The desk and “manage.py doctor” say how it stands.",
        CausePage.RUN,
        "The mail could not be handed over to the mail server.",
        WAIT,
    ),
    Cause.SENDER: Words(
        P,
        "mails can't be sent from your address yet",
        "The address that this client's mails are sent from can't be used.",
        "Change the sender's address in the client's settings.",
        CausePage.SETTINGS,
        "The address your mails are sent from is not set up right.",
        ELSEWHERE,
    ),
    Cause.TEMPLATE: Words(
        P,
        "a text could not be put together",
        "A template of the workflow can't be filled in with what this request holds.",
        f"Correct the template and publish a new version. {KEEPS}",
        CausePage.WORKFLOW,
        "The text it works with could not be put together for this request.",
        WAIT,
    ),
    Cause.WORKFLOW: Words(
        P,
        "it is not set up for this case",
        "The workflow's definition asks for something that can't be done with this request.",
        f"Correct the definition and publish a new version. {KEEPS}",
        CausePage.WORKFLOW,
        "It was not set up for a case like this one.",
        WAIT,
    ),
    Cause.MODEL_DOWN: Words(
        P,
        "the model that writes could not be reached",
        "The model's server could not be reached, was too slow or too busy, each time it was "
        "tried.",
        "Check the server or name another model in the workflow.",
        CausePage.WORKFLOW,
        "The model that writes could not be reached, though it was tried more than once.",
        WAIT,
    ),
    Cause.MODEL_KEY: Words(
        P,
        "the model that writes did not accept our key",
        "The model's provider did not accept the key, or the account may not use this model.",
        "Set a valid key, as this client's secret or for the deployment.",
        CausePage.SECRETS,
        "The model that writes did not accept our key.",
        ELSEWHERE,
    ),
    Cause.MODEL_SETUP: Words(
        P,
        "the model that writes is not set up right",
        "There is no such model, or its address can't be called from here.",
        "Name a model that exists, in the workflow or for the deployment.",
        CausePage.WORKFLOW,
        "The model that writes is not set up right.",
        ELSEWHERE,
    ),
    Cause.MODEL_REFUSED: Words(
        P,
        "the model would not write this",
        "The model, or its provider's filter, refused what it was asked.",
        "Read the answer in the run. Put the prompt in other words or name another model.",
        CausePage.WORKFLOW,
        "The model that writes would not answer this request.",
        WAIT,
    ),
    Cause.MODEL_LIMIT: Words(
        P,
        "this was too long for the model that writes",
        "The question or the answer is longer than the model or the step allows.",
        "Raise max_tokens, give it less to read or name a larger model.",
        CausePage.WORKFLOW,
        "This request, or its answer, was too long for the model that writes.",
        WAIT,
    ),
    Cause.MODEL_ANSWER: Words(
        P,
        "the model's answer could not be used",
        "The model's answer is empty, or not in the shape that the step asks for.",
        "Read the answer in the run. Put the prompt or the schema right or name a larger model.",
        CausePage.WORKFLOW,
        "What the model wrote could not be used, so it is not shown to you.",
        WAIT,
    ),
    Cause.AGENT_LIMIT: Words(
        P,
        "an agent reached one of its limits",
        "The agent came to a limit of its step before it had ended. The run has what it found.",
        "Look at what it did. Raise the limit in a new version, or say more clearly what it is to "
        f"do. {KEEPS}",
        CausePage.RUN,
        "The work took more than was foreseen, so it was stopped. What it proposed is withdrawn.",
        WAIT,
    ),
    Cause.PROVIDER_BUDGET: Words(
        P,
        "what may be spent on models is used up",
        "A budget that the provider set leaves no room for what this call may take.",
        "Raise the budget, or wait for its next period. Then try again.",
        CausePage.BUDGETS,
        "What the provider set for models is used up for now.",
        WAIT,
    ),
    Cause.BUDGET: Words(
        C,
        "a budget of yours is used up",
        "A budget that the client set leaves no room for what this call may take.",
        "The client raises it, or waits for its next period. Then try again.",
        CausePage.BUDGETS,
        "A budget of yours leaves no room for what this may take.",
        "Raise the budget or wait for its next period, then choose “Try again from here”.",
        tells=True,
    ),
    Cause.CODE: Words(
        P,
        "it failed in a way that was not foreseen",
        "A fault in the software stopped it. Trying it again did not help.",
        "Find it in the log of the workers by the run's id and mend it.",
        CausePage.RUN,
        "A fault in the software stopped it.",
        WAIT,
    ),
    Cause.STALLED: Words(
        P,
        "it stood still",
        "Nothing of the run was under way, and nobody was asked anything.",
        "Look in the log of the workers for the run's id. “Try again from here” lets it go on.",
        CausePage.RUN,
        "It stood still, and did not go on by itself.",
        WAIT,
    ),
    Cause.DATA: Words(
        C,
        "something it needs is missing or does not fit",
        "Something the work needs was missing in what came in, or does not fit.",
        "Look at what was asked, in the run. Have it asked again with what is missing. A value "
        "given below takes the place of the step: an action is then not done.",
        CausePage.RUN,
        "Something it needs was missing in what came in, or does not fit.",
        "Look at what was asked, in the run. Have it asked again with what is missing, or do it "
        "yourself and close this.",
    ),
    Cause.ADDRESS: Words(
        C,
        "the mail address can't be used",
        "A mail was to go to an address that is none, or that the mail server does not take.",
        "Ask the customer for the right address.",
        CausePage.RUN,
        "The address this should go to can't be used.",
        "Ask for the right address, then choose below, or answer in another way.",
        tells=True,
    ),
    Cause.SAID_NO: Words(
        C,
        "the other system said no",
        "The other system answered that it does not do this.",
        "Look there why it refuses.",
        CausePage.RUN,
        "The system that should do this said no.",
        "Look there why, then choose below.",
        tells=True,
    ),
    Cause.RULE: Words(
        C,
        "a rule or a setting of yours stands against it",
        "A rule, a switch, a policy or a change since the approval stands against it.",
        "Whoever approves decides what happens instead.",
        CausePage.RUN,
        "Something you set, or a change since the approval, stands against it.",
        "Decide what happens instead: choose below.",
        tells=True,
    ),
    Cause.IN_DOUBT: Words(
        C,
        "nobody knows whether it was done",
        "The call was begun, and what became of it is not known.",
        "Somebody of the client looks in the other system and says whether it happened.",
        CausePage.RUN,
        "It was begun, and what became of it is not known.",
        "Look in the other system, then say below whether it happened.",
        tells=True,
    ),
    Cause.NOT_DECIDED: Words(
        C,
        "nobody decided in time",
        "Nobody decided about an action before its time ran out.",
        "Ask for the approval again, or close it.",
        CausePage.RUN,
        "Nobody decided about this before its time ran out.",
        "Ask for the approval again below, or close it.",
        tells=True,
    ),
    Cause.NO_EVENT: Words(
        C,
        "what it waited for did not come",
        "What the work waited for did not come in time.",
        "Find out whether it is still to come.",
        CausePage.RUN,
        "What it waited for did not come in time.",
        "Find out whether it is still to come, then choose below.",
        tells=True,
    ),
    Cause.PART_ENDED: Words(
        C,
        "a part of the work was ended",
        "Another workflow did part of the work and was ended before it was done.",
        "Find out why it was ended.",
        CausePage.RUN,
        "Another workflow did part of the work and was ended before it was done.",
        "Find out why it was ended, then choose below.",
        tells=True,
    ),
}  # fmt: skip
