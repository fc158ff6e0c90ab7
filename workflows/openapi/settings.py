"""Typed settings of a tool that calls an operation of an OpenAPI document. Pure."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from approvals.rules import schema_validation
from tenants.errors import Invalid
from tenants.network.addresses import parse_url
from workflows.definitions.strict import Strict
from workflows.openapi.arguments import FORMS, JSON_KIND, TOKEN, is_free_header

IN_URL = re.compile(r"\{([^{}/]*)\}")


class ArgumentPlace(Strict):
    """Place of an argument in the request."""

    in_: Literal["path", "query", "header", "cookie", "body", "whole"] = Field(alias="in")
    name: str = Field(default="", max_length=200)
    style: Literal["commas", "repeated", "pipes", "spaces", "deep", "json"] = "commas"


class ToolCredential(Strict):
    """Credential that goes along with each request: a secret, and its place."""

    in_: Literal["header", "query", "cookie", "bearer"] = Field(alias="in")
    name: str = Field(default="", max_length=100)
    secret: str = Field(pattern=r"^secret:.{1,100}$")


class OperationSettings(Strict):
    """Settings of a tool that calls an operation.

    ``api`` is what the tools of one document have in common, ``operation`` tells them apart.
    """

    api: str = Field(max_length=40)
    operation: str = Field(max_length=400)
    method: Literal["GET", "PUT", "POST", "DELETE", "PATCH"]
    url: str = Field(max_length=1000)
    places: dict[str, ArgumentPlace]
    content_type: str = Field(default="", max_length=100)
    answers: dict[str, Any] = {}
    credential: ToolCredential | None = None
    idempotency_header: str = ""

    def header_names(self) -> list[str]:
        """Return the names of the headers that the request carries besides its own."""
        given = [one.name for one in self.places.values() if one.in_ == "header"]
        if self.credential and self.credential.in_ in ("header", "bearer"):
            is_bearer = self.credential.in_ == "bearer"
            given.append("Authorization" if is_bearer else self.credential.name)
        return [*given, *filter(None, [self.idempotency_header])]


def operation_settings(settings: Any) -> OperationSettings:
    """Return the typed settings of a tool. Raises Invalid where no call can be made with them."""
    try:
        found = OperationSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the settings"
        raise Invalid(f"{where}: {first['msg']}.", code="bad_settings") from error
    _check_url(found)
    _check_headers(found)
    _check_body(found)
    for status, schema in found.answers.items():
        try:
            schema_validation.check(schema)
        except Invalid as error:
            said = f"The schema of the answer {status[:20]} is broken: {error.message}"
            raise Invalid(said, code="schema") from error
    return found


def _check_url(found: OperationSettings) -> None:
    plain = parse_url(found.url) is not None and not set("?#") & set(found.url)
    if not plain or "{" in urlsplit(found.url).netloc:
        raise Invalid("url is an http or https address without ? and #.", code="bad_url")
    names = IN_URL.findall(found.url)
    placed = [one.name for one in found.places.values() if one.in_ == "path"]
    if sorted(names) != sorted(placed):
        said = "The names in the url's braces and the arguments placed in the path differ."
        raise Invalid(said, code="bad_settings")


def _check_headers(found: OperationSettings) -> None:
    names = [name.lower() for name in found.header_names()]
    for name in names:
        if not is_free_header(name):
            said = f"“{name[:60]}” can't be a header of these settings."
            raise Invalid(said, code="bad_header")
    if len(set(names)) < len(names):
        raise Invalid("Two settings fill the same header.", code="bad_header")
    credential = found.credential
    if credential and credential.in_ in ("query", "cookie"):
        taken = {one.name for one in found.places.values() if one.in_ == credential.in_}
        if not credential.name or credential.name in taken:
            said = f"A credential in the {credential.in_} needs a name that no argument has."
            raise Invalid(said, code="bad_settings")
    cookies = [one.name for one in found.places.values() if one.in_ == "cookie"]
    cookies += [credential.name] if credential and credential.in_ == "cookie" else []
    odd = [name for name in cookies if not TOKEN.fullmatch(name)]
    if odd:
        raise Invalid(f"“{odd[0][:60]}” can't be the name of a cookie.", code="bad_settings")


def _check_body(found: OperationSettings) -> None:
    kinds = [one.in_ for one in found.places.values() if one.in_ in ("body", "whole")]
    if "whole" in kinds and len(kinds) > 1:
        raise Invalid("One argument is the whole body, so no other is.", code="bad_settings")
    is_form = found.content_type in FORMS
    if kinds and not (is_form or JSON_KIND.fullmatch(found.content_type)):
        said = f"A body is {', '.join(FORMS)} or JSON, by its content_type."
        raise Invalid(said, code="bad_settings")
    if is_form and "whole" in kinds:
        raise Invalid("A form has fields, no whole body.", code="bad_settings")
