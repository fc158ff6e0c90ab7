"""The wall between tenants, as SQL and as migration operations.

Every tenant-owned table gets forced row-level security, a primary key of ``(tenant_id, id)`` and
composite foreign keys, so that not even raw SQL can point at another tenant's row.
``tenants.db.wall_checks`` reads the catalog and reports what is missing.
"""

from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.scope import PERSON_SETTING, TENANT_SETTING

TENANT_SQL = f"(nullif(current_setting('{TENANT_SETTING}', true), ''))::uuid"
PERSON_SQL = f"(nullif(current_setting('{PERSON_SETTING}', true), ''))::uuid"

# Tables outside the wall, each with the reason.
OUTSIDE = {
    "tenants_provider": "one row: who runs this deployment",
    "tenants_tenant": "read to find the tenant, before a scope exists",
    "tenants_user": "a person may belong to several tenants",
    "tenants_user_groups": "Django's table; empty, groups are not used",
    "tenants_user_user_permissions": "Django's table; empty, global permissions are not used",
    "tenants_membership": "read with the tenant, before a scope exists",
    "tenants_assignment": "read by the provider policy itself",
    "tenants_invitation": "opened by somebody who is no member yet",
    "workflows_routingversion": "which models the provider asks; no client's data is in it",
    "workflows_providerbudget": "what the provider may spend on all clients",
    "workflows_providerbudgetperiod": "what the provider spent on all clients; no client is named",
    "workflows_deploymenttry": "what a model said to the provider's own question, for no client",
    "audit_outbox": "ids only; a worker enters the row's tenant before it reads more",
    "auth_group": "Django's; empty",
    "auth_group_permissions": "Django's; empty",
    "auth_permission": "Django's names of permissions",
    "django_content_type": "Django's names of models",
    "django_migrations": "Django's list of migrations",
    "django_session": "sessions belong to people",
    "account_emailaddress": "allauth: belongs to people",
    "account_emailconfirmation": "allauth: belongs to people",
    "mfa_authenticator": "allauth: belongs to people",
    "portal_cache": "counts of tries to sign in, and used one-time codes",
    "django_admin_log": "Django's; empty: what the admin does is in the record",
    "guardian_groupobjectpermission": "guardian's; empty, groups are not used",
    "guardian_userobjectpermission": "guardian's; empty, tenants_objectgrant takes its place",
}


def wall_sql(model: type[models.Model], *, provider_reads: bool) -> list[str]:
    """Return the statements that put one model's table behind the wall."""
    table = model._meta.db_table
    app, provider, owner = settings.APP_ROLE, settings.PROVIDER_ROLE, settings.OWNER_ROLE
    check = f"tenant_id = {TENANT_SQL}"
    statements = [
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (tenant_id, id)",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_wall ON {table} TO {app}, {owner} "
        f"USING ({check}) WITH CHECK ({check})",
    ]
    if provider_reads:
        statements += [
            f"CREATE POLICY provider_reads ON {table} FOR SELECT TO {provider} USING (tenant_id IN "
            f"(SELECT a.tenant_id FROM tenants_assignment a WHERE a.user_id = {PERSON_SQL}))",
            f"GRANT SELECT ON {table} TO {provider}",
        ]
    return statements


def link_sql(model: type[models.Model]) -> list[str]:
    """Return the statements for the composite foreign keys of one model's table."""
    return [composite_key_sql(model._meta.db_table, *link) for link in _links(model)]


def composite_key_sql(table: str, column: str, target: str) -> str:
    """Return the statement for a foreign key that can only point at a row of the same tenant."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_wall "
        f"FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)"
    )


def _links(model: type[models.Model]) -> list[tuple[str, str]]:
    fields: list[Any] = list(model._meta.local_concrete_fields)
    return [
        (field.column, field.related_model._meta.db_table)
        for field in fields
        if getattr(field, "inside_wall", False)
    ]


class BuildWall(Operation):
    """Migration operation: put the tables of these models behind the wall.

    Foreign keys may point at models of the same operation or of earlier ones.
    """

    reversible = True

    def __init__(self, *names: str, provider_reads: bool = True) -> None:
        self.names = names
        self.provider_reads = provider_reads

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        return (type(self).__name__, self.names, {"provider_reads": self.provider_reads})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The wall is not part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        models_ = self._models(to_state.apps, app_label)
        walls = [s for m in models_ for s in wall_sql(m, provider_reads=self.provider_reads)]
        # All primary keys before any foreign key, as tables may point at each other.
        for statement in walls + [s for m in models_ for s in link_sql(m)]:
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        models_ = self._models(from_state.apps, app_label)
        for model in models_:
            table = model._meta.db_table
            for column, _ in _links(model):
                schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_wall")
        for model in models_:
            table = model._meta.db_table
            for statement in (
                f"DROP POLICY tenant_wall ON {table}",
                f"DROP POLICY IF EXISTS provider_reads ON {table}",
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id)",
            ):
                schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Build the wall around {', '.join(self.names)}"

    def _models(self, apps: Apps, app_label: str) -> list[type[models.Model]]:
        return [apps.get_model(app_label, name) for name in self.names]


class Immutable(Operation):
    """Migration operation: rows of these models can be inserted and read, never changed or deleted.

    The app role lacks the rights, and a trigger refuses changes by the tables' owner too.
    """

    reversible = True

    def __init__(self, *names: str) -> None:
        self.names = names

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        return (type(self).__name__, self.names, {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rights and triggers are not part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(REFUSE_CHANGE, params=None)  # else its % would be a placeholder
        for name in self.names:
            table = to_state.apps.get_model(app_label, name)._meta.db_table
            schema_editor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {settings.APP_ROLE}")
            schema_editor.execute(
                f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION handrail_refuse_change()"
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for name in self.names:
            table = from_state.apps.get_model(app_label, name)._meta.db_table
            schema_editor.execute(f"DROP TRIGGER {table}_immutable ON {table}")
            schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {settings.APP_ROLE}")

    def describe(self) -> str:
        return f"Make {', '.join(self.names)} immutable"


REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION handrail_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
