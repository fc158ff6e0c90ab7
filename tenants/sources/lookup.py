"""Sources that a workflow may read, with records by key, are read in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from tenants.db.hydrate import from_json
from tenants.db.statements import SqlStatement, json_value
from tenants.models import Record, Source, User


class _GrantedRow(TypedDict):
    source: dict[str, Any]
    owner: dict[str, Any] | None
    record: dict[str, Any] | None


# Sources of these names are read, each with the record of the key wanted, and the first of each
# owner with that person: of a thousand sources most have the same.
_GRANTED: SqlStatement[_GrantedRow] = SqlStatement(
    """
SELECT json_build_object('source', to_json(s),
  'owner', CASE WHEN s.id = first_value(s.id) OVER (
      PARTITION BY s.owner_id ORDER BY s.authority, s.name) THEN to_jsonb(u) - 'password' END,
  'record', CASE WHEN wanted.key IS NOT NULL THEN COALESCE(
    (SELECT to_json(r) FROM tenants_record r
     WHERE r.tenant_id = s.tenant_id AND r.revision_id = s.revision_id AND r.key = wanted.key),
    -- People write keys in small letters. The case is left out where that means one record.
    (SELECT CASE WHEN count(*) = 1 THEN json_agg(r) -> 0 END FROM tenants_record r
     WHERE r.tenant_id = s.tenant_id AND r.revision_id = s.revision_id AND wanted.key <> ''
     AND lower(r.key) = lower(wanted.key))) END)::text
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
    people = [from_json(User, row["owner"]) for row in rows if row["owner"]]
    owners = {owner.pk: owner for owner in people}
    return [_granted(row, owners) for row in rows]


def _granted(row: _GrantedRow, owners: Mapping[UUID, User]) -> Granted:
    source = from_json(Source, row["source"])
    source.owner = owners[source.owner_id]
    return Granted(source, from_json(Record, row["record"]) if row["record"] else None)
