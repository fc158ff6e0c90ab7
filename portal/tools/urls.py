"""URLs of tools. Paths are complete: include this at the root of a tenant."""

from django.urls import path

from portal.tools import views as tools

urlpatterns = [
    path("tools/", tools.listing, name="tools"),
    path("import-tools/", tools.import_document, name="tools_import"),
    path("add-statement/", tools.add_statement, name="tools_statement"),
]
