from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """WHO: provider, tenants, people, roles, secrets, the wall and the source map."""

    name = "tenants"
    verbose_name = "Tenants"
