"""Sources that a workflow may read, with records by key, are read in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenants.db import unit_of_work
from tenants.db.hydrate import from_json
from tenants.models import Record, Source, User

_GRANTED = """
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
LEFT JOIN unnest(%s::text[], %s::text[]) AS wanted(name, key) ON wanted.name = s.name
WHERE s.name = ANY(%s) ORDER BY s.authority, s.name
"""


@dataclass(frozen=True, slots=True)
class Granted:
    """A source a workflow may read, and the record it asked for, if there is one."""

    source: Source
    record: Record | None


def granted_sources(names: Iterable[str], keys: Mapping[str, str]) -> list[Granted]:
    """Return the sources by name, the highest authority first, with the records of these keys.

    ``keys`` maps the name of a source to the key of the record wanted.
    """
    values = [list(keys), list(keys.values()), list(names)]
    found = unit_of_work.read_json(_GRANTED, values, apart=True)
    return [_granted(row["source"], row["owner"], row["record"]) for row in found]


def _granted(source: dict[str, object], owner: dict[str, object], record: object) -> Granted:
    made = from_json(Source, source)
    made.owner = from_json(User, owner)
    return Granted(made, from_json(Record, record) if isinstance(record, dict) else None)
