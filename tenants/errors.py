"""The errors of the domain, one family. ``portal`` maps them to HTTP once (RFC 9457)."""

from typing import Any, Literal, Self

# Every code of an error, a closed list: clients' systems read them, so a code never changes.
ErrorCode = Literal[
    "after_deadline",
    "agreed",
    "already_asked",
    "already_decided",
    "already_invited",
    "already_looked",
    "already_member",
    "already_signed",
    "apart",
    "bad_amount",
    "bad_answer",
    "bad_args",
    "bad_at_once",
    "bad_chat",
    "bad_choice",
    "bad_comment",
    "bad_date",
    "bad_days",
    "bad_definition",
    "bad_done_if",
    "bad_email",
    "bad_every",
    "bad_expression",
    "bad_fields",
    "bad_header",
    "bad_host",
    "bad_hours",
    "bad_key",
    "bad_method",
    "bad_model",
    "bad_money",
    "bad_name",
    "bad_number",
    "bad_owner",
    "bad_person",
    "bad_phrase",
    "bad_pick",
    "bad_push",
    "bad_reason",
    "bad_role",
    "bad_rung",
    "bad_scope",
    "bad_seconds",
    "bad_sender",
    "bad_settings",
    "bad_share",
    "bad_sign_in",
    "bad_stand_in",
    "bad_subject",
    "bad_time",
    "bad_timezone",
    "bad_url",
    "bad_value",
    "bad_workflow",
    "busy",
    "changed",
    "chat_not_allowed",
    "client_only",
    "conflict",
    "connected",
    "currency",
    "data_size",
    "devices",
    "differs",
    "done_before",
    "effect",
    "empty",
    "empty_rule",
    "empty_secret",
    "empty_source",
    "error",
    "expired",
    "expression",
    "expression_limit",
    "few",
    "forbidden",
    "grant_matches_nothing",
    "harmless_words",
    "has_account",
    "host_not_allowed",
    "idempotency_key_reused",
    "in_use",
    "input_size",
    "inside_address",
    "invalid",
    "is_live",
    "key_field",
    "key_in_url",
    "kind",
    "last_staff",
    "locale",
    "long_list",
    "long_wait",
    "machine",
    "matches_nothing",
    "missing_value",
    "name_taken",
    "no_backup",
    "no_body",
    "no_chat",
    "no_command",
    "no_database",
    "no_days",
    "no_edit",
    "no_hours",
    "no_list",
    "no_moment",
    "no_password",
    "no_person",
    "no_reason",
    "no_secret",
    "no_step",
    "no_text",
    "no_time",
    "no_tls",
    "no_tool",
    "no_value",
    "no_words",
    "nobody",
    "nobody_asked",
    "not_again",
    "not_agreed",
    "not_alike",
    "not_an_object",
    "not_awaited",
    "not_canonical",
    "not_connected",
    "not_found",
    "not_here",
    "not_json",
    "not_permitted",
    "not_planted",
    "not_possible",
    "not_published",
    "not_staff",
    "not_undoable",
    "not_yours",
    "nothing_decided",
    "one_by_one",
    "oneself",
    "other_address",
    "other_tenant",
    "owner",
    "planted",
    "policy",
    "refused",
    "revoked",
    "role",
    "rule_matches_nothing",
    "run_over",
    "same_as",
    "schema",
    "size",
    "source_changed",
    "staff",
    "switch",
    "taken",
    "template",
    "template_limit",
    "too_deep",
    "too_large",
    "too_late",
    "too_long",
    "too_many",
    "too_many_events",
    "took_place",
    "tool_changed",
    "undo",
    "unfit_input",
    "unknown_field",
    "unknown_name",
    "unreadable_source",
    "version_moved",
    "week_not_over",
    "wrong_state",
]


class DomainError(Exception):
    """An error a caller can cause, with a sentence that says what to do next.

    ``sentence`` is said where a caller gives none. ``code`` is stable and machine-readable,
    ``status`` is the HTTP status of the response, ``data`` holds JSON-ready details.
    """

    sentence = "This can't be done."
    code: ErrorCode = "error"
    status = 400

    def __init__(self, message: str = "", *, code: ErrorCode | None = None, **data: Any) -> None:
        self.message = message or type(self).sentence
        super().__init__(self.message)
        self.code = code or type(self).code
        self.data = data


class Invalid(DomainError):
    """The input can't be used as it is."""

    sentence = "This can't be used as it is. Change it and try again."
    code: ErrorCode = "invalid"
    status = 400


class NotFound(DomainError):
    """The object is missing or another tenant's: the caller can't tell which."""

    sentence = "There is nothing like that here."
    code: ErrorCode = "not_found"
    status = 404

    @classmethod
    def of(cls, thing: str) -> Self:
        """Return the error about a missing ``thing``, such as "item"."""
        return cls(f"There is no such {thing}.")


class Forbidden(DomainError):
    """The actor is known and lacks the right to do this."""

    sentence = "Your role doesn't allow this. Ask an owner of the business."
    code: ErrorCode = "forbidden"
    status = 403


class Conflict(DomainError):
    """The object changed, was decided already, or is in a state that does not allow this."""

    sentence = "This changed while you looked. Look at it again."
    code: ErrorCode = "conflict"
    status = 409


class Refused(Conflict):
    """The gate refused: ladder, never-rule, kill switch, permit or freshness."""

    sentence = "This may not be done now."
    code: ErrorCode = "refused"


class TooLarge(DomainError):
    """The request is larger than the limit."""

    sentence = "This is too large. Send less."
    code: ErrorCode = "too_large"
    status = 413


class ScopeMissing(RuntimeError):
    """Tenant data was used without a scope. A bug in the code, so no DomainError."""
