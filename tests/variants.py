"""Whether tests run in their long variants: more orders, more restarts, more themes and roles."""

import os

LONG = bool(os.environ.get("HANDRAIL_LONG_TESTS"))
