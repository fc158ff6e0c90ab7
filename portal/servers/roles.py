"""Roles, extensions and rights of a database, to be set up before it is migrated.

The owner migrates. The app role, which web and workers use, is neither owner nor
superuser and can't bypass row-level security. The provider role may only read.
"""

import hashlib

import psycopg
from psycopg import sql

OWNER, APP, PROVIDER = "handrail_owner", "handrail_app", "handrail_provider"

# Under row-level security Postgres uses an index only for leakproof functions. These two
# tell nothing of other rows (DESIGN, section 8).
LEAKPROOF = ("ts_match_vq(tsvector, tsquery)", "texticlike(text, text)")
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")


def role_password(role: str, secret_key: str) -> str:
    """Return a role's password, derived from the secret key so that it need not be stored."""
    return hashlib.sha256(f"{role}:{secret_key}".encode()).hexdigest()[:40]


def make_roles(url: str, passwords: dict[str, str]) -> None:
    """Create the missing roles and set the passwords of all. Needs CREATEROLE."""
    # Only a superuser may set these rights of an existing role; ``doctor`` checks them.
    new = sql.SQL("NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS ")
    with psycopg.connect(url, autocommit=True) as connection:
        for role, password in passwords.items():
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb, rights = ("ALTER", sql.SQL("")) if known.fetchone() else ("CREATE", new)
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN {}PASSWORD {}").format(
                    sql.SQL(verb), sql.Identifier(role), rights, sql.Literal(password)
                )
            )


def make_database(url: str, name: str, owner: str, template: str | None = None) -> None:
    """Create a database owned by ``owner``, unless it exists."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        # CREATE DATABASE can't run inside a transaction, hence autocommit.
        statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(owner)
        )
        if template:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        connection.execute(statement)


def prepare(url: str, *, owner: str, app: str, provider: str) -> None:
    """Prepare one database for its migrations. A second call changes nothing.

    ``url`` is a superuser's or the owner's. Without a superuser search is slower.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        for extension in EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        names = {
            "o": sql.Identifier(owner),
            "a": sql.Identifier(app),
            "p": sql.Identifier(provider),
        }
        for statement in (
            "GRANT ALL ON SCHEMA public TO {o}",
            "GRANT USAGE ON SCHEMA public TO {a}, {p}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {o} IN SCHEMA public "
            "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {a}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {o} IN SCHEMA public "
            "GRANT USAGE, SELECT ON SEQUENCES TO {a}",
        ):
            connection.execute(sql.SQL(statement).format(**names))
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if (found := row.fetchone()) and found[0]:
            for function in LEAKPROOF:
                connection.execute(sql.SQL("ALTER FUNCTION {} LEAKPROOF").format(sql.SQL(function)))


def set_up(url: str, name: str, secret_key: str) -> None:
    """Create roles and a database, and prepare it, on a server that ``url`` may administer.

    ``url`` names a database that exists, such as ``postgres``.
    """
    make_roles(url, {role: role_password(role, secret_key) for role in (OWNER, APP, PROVIDER)})
    make_database(url, name, OWNER)
    base, _, _ = url.rpartition("/")
    prepare(f"{base}/{name}", owner=OWNER, app=APP, provider=PROVIDER)
