"""Reference: bare Django views, for the server of the web: one row with a key, and a page.

No middleware, no serializer, no wall: a body is parsed, one statement is sent, its id is answered.
"""

import json
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import JsonResponse
from django.template import Context, Engine
from django.urls import path
from psycopg.conninfo import conninfo_to_dict

TABLE = """
CREATE TABLE IF NOT EXISTS public.bare_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text UNIQUE, input jsonb NOT NULL)
"""
PAGE = Engine().from_string(
    "<h1>Requests</h1><ul>{% for id, key in rows %}"
    '<li><a href="/{{ id }}/">{{ key }}</a></li>{% endfor %}</ul>'
)
INSERT = (
    "INSERT INTO public.bare_request (key, input) VALUES (%s, %s) "
    "ON CONFLICT (key) DO NOTHING RETURNING id"
)


def insert(request: HttpRequest) -> HttpResponse:
    """Insert the request under its key."""
    body = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [request.headers["Idempotency-Key"], json.dumps(body["input"])])
        row = cursor.fetchone()
    response = JsonResponse({"id": row[0] if row else None}, status=201 if row else 200)
    response["Content-Length"] = str(len(response.content))
    return response


def page(request: HttpRequest) -> HttpResponse:
    """Render a list of thirty rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, key FROM public.bare_request ORDER BY id LIMIT 30")
        found = PAGE.render(Context({"rows": cursor.fetchall()}))
    return HttpResponse(found, headers={"Content-Length": len(found.encode())})


def _application() -> object:
    """A WSGI application on the database of BARE_URL, with one connection a thread."""
    given = conninfo_to_dict(os.environ["BARE_URL"])
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    database = {name: str(given.get(key) or "") for name, key in names.items()}
    database |= {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}
    settings.configure(
        SECRET_KEY="bare",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": database},
    )
    return get_wsgi_application()


urlpatterns = [path("requests", insert), path("page", page)]
if "BARE_URL" in os.environ:
    application = _application()
