"""A live API key is looked up by its prefix in one prepared statement, at each API request."""

from tenants.db.hydrate import from_json
from tenants.db.statements import SqlStatement, json_value
from tenants.models import ApiKey
from tenants.wall import TENANT_SQL

# The current tenant's live key with a prefix is read.
_LIVE_KEY = SqlStatement(
    f"""
SELECT to_jsonb(k)::text FROM "tenants_apikey" k
WHERE k.tenant_id = {TENANT_SQL} AND k.prefix = %(prefix)s AND k.revoked_at IS NULL
""",
    json_value,
)


def find_live_key(prefix: str) -> ApiKey | None:
    """Return the current tenant's live key with this prefix, its secret unchecked, or None."""
    row = _LIVE_KEY.row(prefix=prefix)
    return from_json(ApiKey, row) if row else None
