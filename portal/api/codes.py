"""Error codes of problem documents, each explained for the page that its type links to."""

CODES = {
    "invalid": "The body or a parameter is not as the schema says. errors names each place.",
    "unknown_filter": "The address has a parameter that this list does not know.",
    "parse_error": "The body is no JSON, or not in UTF-8.",
    "unsupported_media_type": "The body must be application/json.",
    "input_size": "The input of a run is larger than 64 kB. Send a shorter one.",
    "unfit_input": "The request says nothing that the workflow reads, or does not fit the shape "
    "that its definition declares. Nothing was started.",
    "not_published": "The workflow has no live version yet. Your provider publishes one.",
    "bad_key": "The Idempotency-Key is empty, too long or holds what can't be printed.",
    "idempotency_key_reused": "The Idempotency-Key was used with another body. Use a new key for "
    "a new request, and the same for a repeated one.",
    "not_authenticated": "The request has no API key. Send it as Authorization: Bearer.",
    "authentication_failed": "There is no such key, or it was revoked.",
    "permission_denied": "The key does not have the scope that this needs.",
    "forbidden": "The key may not do this.",
    "machine": "Only a person may do this, in the portal.",
    "not_found": "There is no such thing for this key: it is not there, or another client's.",
    "wrong_state": "What this is about has moved on. Read it again.",
    "method_not_allowed": "The address does not take this method.",
    "throttled": "Too many requests came in too short a time. Wait as Retry-After says.",
}
