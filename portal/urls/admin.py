"""Routes of one tenant's admin, at ``admin/``."""

from django.urls import path

from portal.admin import approvals, tenants, workflows
from portal.admin.site import site

REGISTERED = (tenants, approvals, workflows)

urlpatterns = [path("", site.urls)]
