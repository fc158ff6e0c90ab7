"""The models of tenants: provider, clients, people, keys, and the source map."""

from tenants.models.base import TenantForeignKey, TenantManager, TenantModel
from tenants.models.connections import OAuthConnection
from tenants.models.keys import ApiKey, ObjectGrant, Secret
from tenants.models.people import Assignment, Invitation, Membership, User
from tenants.models.tenant import Provider, Tenant
from tenants.sources.models import Passage, Record, Revision, Source, SourceReading

__all__ = [
    "ApiKey",
    "Assignment",
    "Invitation",
    "Membership",
    "OAuthConnection",
    "ObjectGrant",
    "Passage",
    "Provider",
    "Record",
    "Revision",
    "Secret",
    "Source",
    "SourceReading",
    "Tenant",
    "TenantForeignKey",
    "TenantManager",
    "TenantModel",
    "User",
]
