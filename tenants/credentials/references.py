"""References to credentials: settings hold ``secret:`` and a name, and never a value."""

REFERENCE = "secret:"
