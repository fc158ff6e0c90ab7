"""A live API key is looked up by its prefix in one prepared statement, at each API request."""

import json
from functools import lru_cache

from tenants.db.hydrate import from_json
from tenants.db.statements import SqlStatement
from tenants.models import ApiKey
from tenants.wall import TENANT_SQL

# The current tenant's live key with a prefix is read.
_LIVE_KEY = SqlStatement(
    f"""
SELECT to_jsonb(k)::text FROM "tenants_apikey" k
WHERE k.tenant_id = {TENANT_SQL} AND k.prefix = %(prefix)s AND k.revoked_at IS NULL
""",
    str,
)


def find_live_key(prefix: str) -> ApiKey | None:
    """Return the current tenant's live key with this prefix, its secret unchecked, or None."""
    row = _LIVE_KEY.row(prefix=prefix)
    return _key(row) if row else None


@lru_cache(maxsize=1024)
def _key(row: str) -> ApiKey:
    """Return a row as a key; one instance serves every request, so nobody may change it."""
    return from_json(ApiKey, json.loads(row))
