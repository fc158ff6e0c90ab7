"""Metadata of protected resources (RFC 9728) and authorization servers (RFC 8414), checked. Pure.

What the other side says is foreign: each text is bounded, and what does not fit is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tenants.credentials.token_addresses import covers
from tenants.network.addresses import parse_url
from workflows.tools.challenges import plain_scope

LONGEST_URL = 500  # characters
CODE_GRANT, CLIENT_GRANT, REFRESH_GRANT = (
    "authorization_code",
    "client_credentials",
    "refresh_token",
)
BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"
ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
)
OFFLINE = "offline_access"
BARE_HOST = re.compile(r"https?://[^/?#]+")


class MetadataProblem(Exception):
    """What stands against signing in through a server, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class ResourceMetadata:
    """What a server says of who issues its tokens, and which scopes it knows.

    ``resource`` is what it calls itself, to the letter.
    """

    issuer: str
    scope: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class ServerMetadata:
    """What an authorization server says of itself. ``auth_methods`` are those of clients.

    ``sends_issuer``: its answers name it (RFC 9207). ``takes_documents``: a client's id may be the
    address of a document about it. ``resource`` is what the server whose tokens it issues calls
    itself; empty where that says nothing.
    """

    issuer: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    registration_endpoint: str = ""
    revocation_endpoint: str = ""
    auth_methods: tuple[str, ...] = (BASIC,)
    sends_issuer: bool = False
    takes_documents: bool = False
    is_offline_known: bool = False
    resource: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the metadata as JSON."""
        return asdict(self) | {"auth_methods": list(self.auth_methods)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "ServerMetadata":
        """Return metadata from what ``as_json`` returned."""
        return cls(**{**found, "auth_methods": tuple(found["auth_methods"])})


def read_resource_metadata(found: Any, address: str) -> ResourceMetadata:
    """Return what metadata says of the server at ``address``. Raises MetadataProblem."""
    if not isinstance(found, dict):
        raise MetadataProblem("What it says of signing in is no object.")
    resource = found.get("resource")
    if not isinstance(resource, str) or not covers(resource, address):
        raise MetadataProblem(
            "What it says of signing in is about another address than this one, so it is not used."
        )
    issuers = found.get("authorization_servers")
    first = issuers[0] if isinstance(issuers, list) and issuers else None
    if not isinstance(first, str) or parse_url(first) is None or len(first) > LONGEST_URL:
        raise MetadataProblem("It does not say which authorization server issues its tokens.")
    methods = found.get("bearer_methods_supported")
    if isinstance(methods, list) and methods and "header" not in methods:
        raise MetadataProblem("It takes no token in a header, and it is sent in no other way.")
    scopes = found.get("scopes_supported")
    names = scopes if isinstance(scopes, list) and all(isinstance(s, str) for s in scopes) else []
    return ResourceMetadata(first, plain_scope(" ".join(names)), resource)


def issuer_objection(metadata: ServerMetadata, named: str | None) -> str:
    """Return what stands against the issuer that an answer names; empty for nothing (RFC 9207).

    It is compared to the letter. None stands for an answer without one.
    """
    if named is not None and named != metadata.issuer:
        return "The answer came from another authorization server, so it was not used."
    if named is None and metadata.sends_issuer:
        return "The answer does not say where it comes from, so it was not used."
    return ""


def is_same_issuer(one: str, other: str) -> bool:
    """Return whether two texts name one issuer: the same text, or a bare host with its slash."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (longer == f"{shorter}/" and BARE_HOST.fullmatch(shorter) is not None)


def read_server_metadata(found: Any, issuer: str, grant: str) -> ServerMetadata:
    """Return what an authorization server says, if it can be used for ``grant``.

    Raises MetadataProblem where it names another issuer, and where it does not do what is needed.
    """
    if not isinstance(found, dict):
        raise MetadataProblem(f"What {issuer} says of itself is no object.")
    named = found.get("issuer")
    if not isinstance(named, str) or not is_same_issuer(named, issuer):
        raise MetadataProblem(f"What was found at {issuer} names another issuer.")
    urls = {name: _url(found, name) for name in ENDPOINTS}
    if not urls["token_endpoint"]:
        raise MetadataProblem(f"{issuer} does not say where it issues tokens.")
    grants = _texts(found, "grant_types_supported", (CODE_GRANT, "implicit"))
    if grant == CODE_GRANT:
        _check_code_grant(found, issuer, urls)
    elif grant not in grants and "grant_types_supported" in found:
        raise MetadataProblem(f"{issuer} lets no client sign in by itself.")
    return ServerMetadata(
        issuer=named,
        **urls,
        auth_methods=_texts(found, "token_endpoint_auth_methods_supported", (BASIC,)),
        sends_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        takes_documents=found.get("client_id_metadata_document_supported") is True,
        is_offline_known=OFFLINE in _texts(found, "scopes_supported", ()),
    )


def _check_code_grant(found: dict[str, Any], issuer: str, urls: dict[str, str]) -> None:
    if not urls["authorization_endpoint"]:
        raise MetadataProblem(f"{issuer} does not say where people sign in.")
    if "S256" not in _texts(found, "code_challenge_methods_supported", ()):
        said = f"{issuer} does not say that it takes PKCE with S256, without which "
        raise MetadataProblem(f"{said}an answer could be stolen on its way.")
    if "code" not in _texts(found, "response_types_supported", ("code",)):
        raise MetadataProblem(f"{issuer} answers people's browsers with no code.")


def _url(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_URL or parse_url(value) is None:
        raise MetadataProblem(f"Its {name} is no plain address.")
    if "#" in value:
        raise MetadataProblem(f"Its {name} is no plain address.")
    return value


def _texts(found: dict[str, Any], name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    value = found.get(name)
    if not isinstance(value, list):
        return otherwise
    return tuple(one for one in value if isinstance(one, str) and len(one) <= 100)[:100]
