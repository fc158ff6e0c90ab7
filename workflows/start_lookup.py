"""A workflow is looked up by its slug in one prepared statement, with what starting a run needs."""

import json
from functools import lru_cache

from tenants.db.hydrate import from_json
from tenants.db.statements import SqlStatement
from tenants.errors import NotFound
from tenants.wall import TENANT_SQL
from workflows.models import Version, Workflow

# A workflow is read with its live version, if there is one, but for the version's definition. That
# is large, and each process keeps it once it was read (``published``).
_WORKFLOW = SqlStatement(
    f"""
SELECT jsonb_build_object('workflow', to_jsonb(w), 'live', CASE WHEN v.id IS NOT NULL THEN
    jsonb_build_object('id', v.id, 'tenant_id', v.tenant_id, 'number', v.number) END)::text
FROM "workflows_workflow" w LEFT JOIN "workflows_version" v
    ON v.tenant_id = w.tenant_id AND v.id = w.live_id
WHERE w.tenant_id = {TENANT_SQL} AND w.slug = %(slug)s
""",
    str,
)


def get_workflow_to_start(slug: str) -> Workflow:
    """Return a workflow by its slug, with the number of its live version. Raises NotFound."""
    row = _WORKFLOW.row(slug=slug)
    if row is None:
        raise NotFound.of("workflow")
    return _workflow(row)


@lru_cache(maxsize=1024)
def _workflow(row: str) -> Workflow:
    """Return a row as a workflow; one instance serves every request, so nobody may change it."""
    found = json.loads(row)
    workflow = from_json(Workflow, found["workflow"])
    workflow.live = from_json(Version, found["live"]) if found["live"] else None
    return workflow
