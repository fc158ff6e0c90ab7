"""URLs of tools. Paths are complete: include this at the root of a tenant."""

from django.urls import path

from portal.tools import document_views as documents
from portal.tools import server_views as servers
from portal.tools import views as tools

urlpatterns = [
    path("tools/", tools.listing, name="tools"),
    path("import-tools/", tools.import_document, name="tools_import"),
    path("import-tools/<slug:api>/", documents.page, name="tools_document"),
    path("import-tools/<slug:api>/again/", documents.again, name="tools_document_again"),
    path("import-tools/<slug:api>/state/", documents.state, name="tools_document_state"),
    path("add-statement/", tools.add_statement, name="tools_statement"),
    path("add-page/", tools.add_page, name="tools_page"),
    path("tool-servers/", servers.listing, name="tool_servers"),
    path("add-tool-server/", servers.add, name="tool_server_add"),
    path("tool-servers/<slug:name>/", servers.page, name="tool_server"),
    path("tool-servers/<slug:name>/change/", servers.change, name="tool_server_change"),
    path("tool-servers/<slug:name>/look/", servers.look, name="tool_server_look"),
]
