"""The reasons for rejecting an item: a short list, so that reports can count them. Pure."""

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

# Sentences a person may start from and change.
PRESETS = {
    "missed_context": (
        "The customer wrote to us before. Read the earlier messages first.",
        "It answers another question than the one that was asked.",
    ),
    "wrong_facts": (
        "The amount is wrong.",
        "This does not match the order.",
    ),
    "stale_source": ("The policy it rests on has changed.",),
    "tone": (
        "Too formal for us.",
        "Too long. Say it in three sentences.",
    ),
    "against_policy": ("We never promise this in writing.",),
    "unsafe": ("This needs a person to look at it, not a reply.",),
    "duplicate": ("This was answered already.",),
    "not_needed": ("The customer has settled this with us.",),
}
