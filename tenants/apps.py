"""The Django app of tenants."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """The app of provider, tenants, people, roles, secrets, the tenant wall and the source map."""

    name = "tenants"
    verbose_name = "Tenants"
