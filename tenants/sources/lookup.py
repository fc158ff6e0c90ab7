"""Sources that a workflow may read, with records by key, are read in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from tenants.db.hydrate import from_json
from tenants.db.statements import SqlStatement, json_value
from tenants.models import Record, Source, User


class _GrantedRow(TypedDict):
    source: dict[str, Any]
    owner: dict[str, Any]
    record: dict[str, Any] | None


# Sources of these names are read, each with its owner and the record of the key wanted.
_GRANTED: SqlStatement[_GrantedRow] = SqlStatement(
    """
SELECT json_build_object('source', to_json(s), 'owner', to_jsonb(u) - 'password',
  'record', COALESCE(
    (SELECT to_json(r) FROM tenants_record r
     WHERE r.tenant_id = s.tenant_id AND r.revision_id = s.revision_id AND r.key = wanted.key),
    -- People write keys in small letters. The case is left out where that means one record.
    (SELECT CASE WHEN count(*) = 1 THEN json_agg(r) -> 0 END FROM tenants_record r
     WHERE r.tenant_id = s.tenant_id AND r.revision_id = s.revision_id AND wanted.key <> ''
     AND lower(r.key) = lower(wanted.key))))::text
FROM tenants_source s
JOIN tenants_user u ON u.id = s.owner_id
LEFT JOIN unnest(%(keyed)s::text[], %(keys)s::text[]) AS wanted(name, key)
    ON wanted.name = s.name
WHERE s.name = ANY(%(names)s) ORDER BY s.authority, s.name
""",
    json_value,
    apart=True,
)


@dataclass(frozen=True, slots=True)
class Granted:
    """A source a workflow may read, and the record it asked for, if there is one."""

    source: Source
    record: Record | None


def granted_sources(names: Iterable[str], keys: Mapping[str, str]) -> list[Granted]:
    """Return the sources by name, the highest authority first, with the records of these keys.

    ``keys`` maps the name of a source to the key of the record wanted.
    """
    rows = _GRANTED.rows(keyed=list(keys), keys=list(keys.values()), names=list(names))
    return [_granted(row) for row in rows]


def _granted(row: _GrantedRow) -> Granted:
    source = from_json(Source, row["source"])
    source.owner = from_json(User, row["owner"])
    return Granted(source, from_json(Record, row["record"]) if row["record"] else None)
