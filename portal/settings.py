"""Django settings; those read from the environment are listed in ``docs/operating.md``."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from portal.middleware.client_address import networks
from portal.servers import roles
from tenants.db.pool import RECONNECT_SECONDS, alive
from tenants.network.addresses import NAME

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in ("1", "true", "yes", "on")


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _hosts(name: str) -> list[str]:
    """Return hosts, each as host or host:port. Raises ValueError for a pattern or a range."""
    found = _list(name)
    for entry in found:
        host, _, port = entry.partition(":")
        if not NAME.fullmatch(host.lower()) or (":" in entry and not port.isdigit()):
            raise ValueError(f"{name} must name hosts as crm.internal:8443, not {entry!r}.")
    return found


def _proxy(name: str) -> str:
    """Return a proxy's URL. Raises ValueError for one that can't be used."""
    value = _text(name)
    parts = urlsplit(value)
    if value and not (parts.scheme in ("http", "socks5") and parts.hostname and parts.port):
        raise ValueError(f"{name} must be as http://proxy.internal:3128 or socks5://….")
    return value


# -- Process and hosts --------------------------------------------------------------------

DEBUG = _flag("HANDRAIL_DEBUG")
SECRET_KEY = _text("HANDRAIL_SECRET_KEY")
if not SECRET_KEY:
    # `up` and `demo` store a key; without one each start draws another, which ends all sessions.
    SECRET_KEY = base64.b64encode(os.urandom(48)).decode()
BASE_URL = _text("HANDRAIL_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = _list("HANDRAIL_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
DATA_DIR = Path(_text("HANDRAIL_DATA", str(BASE_DIR / ".data")))

# -- Database: three roles, one database --------------------------------------------------

APP_ROLE, PROVIDER_ROLE = roles.APP, roles.PROVIDER


def _database(url: str, **more: Any) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    known = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    options = {k: v for k, v in parts.items() if k not in known}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{key: str(parts.get(name) or "") for name, key in known.items()},
        "OPTIONS": options | more,
        "CONN_HEALTH_CHECKS": False,
        # Outside a transaction a pooler in transaction mode gives each FETCH another connection.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASE_URL = _text("DATABASE_URL", "postgresql://handrail_owner@127.0.0.1:5432/handrail")
POOL_SIZE = _number("HANDRAIL_POOL", 16)
# Poolers in transaction mode that know no prepared statements, such as PgBouncer before 1.21.
PREPARED = _flag("HANDRAIL_PREPARED", True)


def _lesser(role: str, url: str) -> dict[str, Any]:
    """Return a lesser role's connection: from its own URL, or the owner's with that role's name."""
    # Without a threshold `tenants.db.prepared` prepares nothing; Django's own statements never are.
    pool = {
        "pool": {
            "min_size": 1,
            "max_size": POOL_SIZE,
            "timeout": 20,
            "check": alive,
            "reconnect_timeout": RECONNECT_SECONDS,
        },
        "prepare_threshold": 5 if PREPARED else None,
    }
    if url:
        return _database(url, **pool)
    password = roles.role_password(role, SECRET_KEY)
    return _database(DATABASE_URL, **pool) | {"USER": role, "PASSWORD": password}


DATABASES = {
    "default": _lesser(APP_ROLE, _text("DATABASE_APP_URL")),
    "provider": _lesser(PROVIDER_ROLE, _text("DATABASE_PROVIDER_URL")),
    "owner": _database(DATABASE_URL),
}
# On an operator's own server the owner role may have any name; the lesser two are fixed.
OWNER_ROLE = DATABASES["owner"]["USER"] or roles.OWNER
# Prepared statements look rows up by key. A custom plan for each call, which Postgres prefers
# where a parameter is a list, costs more to plan than to run.
DATABASES["default"]["OPTIONS"]["options"] = "-c plan_cache_mode=force_generic_plan"
DATABASES["provider"]["OPTIONS"]["options"] = "-c default_transaction_read_only=on"
DATABASE_ROUTERS = ["portal.routers.OneDatabase"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Work ---------------------------------------------------------------------------------

BROKER_URL = _text("BROKER_URL", "redis://127.0.0.1:6379/0")
SEND_HINTS = _flag("HANDRAIL_SEND_HINTS", True)
# Seconds after which another worker takes the jobs of a worker that died.
LEASE_SECONDS = _number("HANDRAIL_LEASE_SECONDS", 6)
# Most calls in flight of one worker process, and of one client over all workers.
CALLS_IN_FLIGHT = _number("HANDRAIL_CALLS_IN_FLIGHT", 1000)
CALLS_PER_TENANT = _number("HANDRAIL_CALLS_PER_TENANT", 1000)
# Seconds that a stopping worker waits for its calls before it releases their leases.
STOP_SECONDS = _number("HANDRAIL_STOP_SECONDS", 25)
# Seconds after which a due row that no worker took raises an alarm.
LATE_SECONDS = _number("HANDRAIL_LATE_SECONDS", 60)
WORKER_THREADS = _number("HANDRAIL_WORKER_THREADS", 8)

# -- Models -------------------------------------------------------------------------------


def _limits(name: str) -> dict[str, int]:
    """Return limits by name, from a text like ``openai=50,anthropic=20``."""
    found = {}
    for part in _list(name):
        key, _, most = part.partition("=")
        if not key.strip() or not most.strip().isdigit() or not int(most):
            raise ValueError(f"{name} must be like openai=50,anthropic=20, not {part!r}.")
        found[key.strip()] = int(most)
    return found


MODEL = _text("HANDRAIL_MODEL", "offline/extractive")
# Models that definitions may name; empty lets them name any.
MODELS = _list("HANDRAIL_MODELS")
# Most calls in flight to one provider of models, over all workers: by the part of the
# model's name before the slash. Every process must have the same value.
MODEL_LIMITS = _limits("HANDRAIL_MODEL_LIMITS")

# Commands that start MCP servers, as JSON: a name, and a command line or an object each.
MCP_COMMANDS = _text("HANDRAIL_MCP_COMMANDS", "{}")

# The browser of tools that work web pages; empty looks for it on the PATH.
CHROMIUM = _text("HANDRAIL_CHROMIUM")
# The user that it runs as where workers run as root, and whether it may run as root itself.
CHROMIUM_USER = _text("HANDRAIL_CHROMIUM_USER")
CHROMIUM_AS_ROOT = _flag("HANDRAIL_CHROMIUM_AS_ROOT")

# -- Secrets ------------------------------------------------------------------------------


def _box_key(text: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"box:{text}".encode()).digest())


# The first key encrypts, all decrypt: put a new one in front to rotate.
SECRET_BOX_KEYS = [_box_key(k) for k in _list("HANDRAIL_BOX_KEYS")] or [_box_key(SECRET_KEY)]

# -- Mail ---------------------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _text("HANDRAIL_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = _number("HANDRAIL_SMTP_PORT", 25)
EMAIL_HOST_USER = _text("HANDRAIL_SMTP_USER")
EMAIL_HOST_PASSWORD = _text("HANDRAIL_SMTP_PASSWORD")
EMAIL_USE_TLS = _flag("HANDRAIL_SMTP_TLS")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = _text("HANDRAIL_FROM", "handrail@localhost.localdomain")
# Hosts, as host or host:port, of chats that the deployment or its clients run themselves.
CHAT_HOSTS = _list("HANDRAIL_CHAT_HOSTS")
# Private hosts that calls may reach all the same, as crm.internal or 127.0.0.1:8025.
ALLOWED_PRIVATE_HOSTS = _hosts("HANDRAIL_ALLOWED_PRIVATE_HOSTS")
# The proxy that HTTP to all other hosts goes through, and whether it looks their names up.
OUTBOUND_PROXY = _proxy("HANDRAIL_OUTBOUND_PROXY")
OUTBOUND_PROXY_RESOLVES = _flag("HANDRAIL_OUTBOUND_PROXY_RESOLVES")
# SQLite files that tools of a client may use, as harbor-pine/shop=/data/shop.sqlite.
SQLITE_FILES = dict(one.split("=", 1) for one in _list("HANDRAIL_SQLITE_FILES") if "=" in one)
# Push services besides those of the known browsers.
PUSH_HOSTS = _list("HANDRAIL_PUSH_HOSTS")
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1]

# -- Apps ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "tenants",
    "audit",
    "approvals",
    "workflows",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "portal.middleware.requests.request_id",
    "portal.middleware.requests.not_stored",
    "django.middleware.common.CommonMiddleware",
    "portal.middleware.hidden_characters.spell_out_hidden",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Requests under /api/ go on with API_MIDDLEWARE here. What follows is for pages alone.
    "portal.middleware.api.ApiBranch",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.signing_in.whole_page_sign_in",
    "allauth.account.middleware.AccountMiddleware",
    # Before any code that reads a form: the one below, and ``process_view`` of those above.
    "portal.middleware.bodies.bounded_bodies",
    "portal.middleware.tenant.TenantMiddleware",
]
API_MIDDLEWARE = [
    "portal.middleware.bodies.bounded_bodies",
    "portal.middleware.api.ApiMiddleware",
]

ROOT_URLCONF = "portal.urls.root"
TENANT_URLCONF = "portal.urls.tenant"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.portal",
            ],
            "builtins": [
                "django.contrib.humanize.templatetags.humanize",
                "portal.templatetags.components",
                "portal.templatetags.words",
                "portal.templatetags.tenant_csrf",
                "portal.templatetags.urls",
            ],
        },
    },
]

# -- People -------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "portal.accounts.adapter.InvitedOnly"
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation by mail proves the address
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
# Proxies whose X-Forwarded-For is trusted. The limits above count by the address it gives.
TRUSTED_PROXIES = networks(_list("HANDRAIL_TRUSTED_PROXIES"))
# The cache counts sign-in tries and remembers used one-time codes: every process must share
# it, and the database is up whenever the web is.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
MFA_ADAPTER = "portal.accounts.adapter.EncryptedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or BASE_URL.startswith("http://127.0.0.1")
MFA_ALLOW_UNVERIFIED_EMAIL = True  # as above: the invitation came by mail
MFA_TOTP_ISSUER = "Handrail"
GUARDIAN_USER_OBJ_PERMS_MODEL = "tenants.ObjectGrant"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

# -- Web ----------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "portal" / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "portal.static_files.StaticFiles"},
}
WHITENOISE_USE_FINDERS = True
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
_https = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
# A redirect to https goes to the configured host, whatever the Host header says.
SECURE_SSL_HOST = BASE_URL.partition("://")[2].rstrip("/") if _https else None
SECURE_SSL_REDIRECT = _https and _flag("HANDRAIL_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("HANDRAIL_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "style-src": ["'self'"],
    "script-src": ["'self'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
    "base-uri": ["'self'"],
    "object-src": ["'none'"],
}
# portal/middleware/bodies.py limits a body's length. These limit what is in it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# -- API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.auth.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsers.CanonicalJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "portal.api.negotiation.OneRenderer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["portal.api.filters.FilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.Newest",
    "EXCEPTION_HANDLER": "portal.api.problems.handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Handrail API",
    "VERSION": "1",
    "DESCRIPTION": "Start runs, read their results and what waits for review.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": True,
}

# -- Logs ---------------------------------------------------------------------------------

LOG_LEVEL = _text("HANDRAIL_LOG", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "portal.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # They log each address that is called, whose query may hold a key; the SDK of MCP (``mcp`` and
    # ``client``) logs what servers answer, too. What failed is in the failure of the call.
    "loggers": {
        **{name: {"level": "WARNING"} for name in ("LiteLLM", "httpx", "httpx2")},
        **{name: {"level": "CRITICAL"} for name in ("mcp", "client")},
    },
}

UNFOLD = {
    "SITE_TITLE": "Handrail",
    "SITE_HEADER": "portal.admin.menu.header",
    "SITE_SYMBOL": "tune",
    "SITE_URL": "portal.admin.menu.front",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "portal.admin.menu.favicon"},
    ],
    "STYLES": ["portal.admin.menu.styles"],
    "SIDEBAR": {"navigation": "portal.admin.menu.menu_groups"},
    "COLORS": {
        "primary": {
            "50": "#eef8f5",
            "100": "#d5efe7",
            "200": "#aedfd1",
            "300": "#7cc8b5",
            "400": "#46a994",
            "500": "#1f8d78",
            "600": "#0d6e5f",
            "700": "#0b5a4f",
            "800": "#0b4840",
            "900": "#0a3c36",
            "950": "#042420",
        },
    },
}
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # grants are read in tenants/access.py, not by a backend
