"""Why something was rejected: a short list, so that reports can count. Pure."""

REASONS = {
    "missed_context": "Missed context",
    "wrong_facts": "Wrong facts",
    "stale_source": "Stale source",
    "tone": "Tone",
    "against_policy": "Against policy",
    "unsafe": "Unsafe",
    "duplicate": "Duplicate",
    "not_needed": "Not needed",
    "other": "Other",
}
