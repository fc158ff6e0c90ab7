"""URLs of credentials. Paths are complete: include this at the root of a tenant."""

from django.urls import path

from portal.credentials import connection_views as connections
from portal.credentials import views as credentials

urlpatterns = [
    path("credentials/", credentials.listing, name="credentials"),
    path("credentials/<slug:name>/", credentials.page, name="credential"),
    path("credentials/<slug:name>/end/", credentials.end, name="credential_end"),
    path("add-connection/", connections.add, name="connection_add"),
    path("connections/<slug:name>/", connections.page, name="connection"),
    path("connections/<slug:name>/connect/", connections.connect, name="connection_connect"),
    path("connections/<slug:name>/continue/", connections.go_on, name="connection_continue"),
    path("connections/<slug:name>/change/", connections.change, name="connection_change"),
    path("connections/<slug:name>/delete/", connections.delete, name="connection_delete"),
    path("connections/<slug:name>/end/", connections.end, name="connection_end"),
    path(
        "tool-servers/<slug:name>/connect/",
        connections.connect_server_of_tools,
        name="tool_server_connect",
    ),
]
