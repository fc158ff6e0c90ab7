"""Typed settings of a tool that works a web page: where it begins, its steps, what is read. Pure.

Staff write the steps, so that a model gives values for fields and never selectors or scripts.
"""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, ValidationError

from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.network.addresses import parse_url
from workflows.definitions.strict import Strict

PATH = "path"  # the argument that names a page
LONGEST_VALUE = 5_000  # characters of a field
LONGEST_PATH = 1_000
# A label, a button's name, a text, or css= and a selector.
Place = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class FillStep(Strict):
    """Step that fills one field, found by its label, with an argument's value or a secret."""

    fill: Place
    argument: str = Field(default="", max_length=60)
    secret: str = Field(default="", pattern=r"^(secret:.{1,100})?$")


class ClickStep(Strict):
    """Step that clicks one button or link, which must change nothing at the other side."""

    click: Place


class WaitStep(Strict):
    """Step that waits until a text shows."""

    wait: Place


class OpenPageStep(Strict):
    """Step that opens another page of the host that the tool begins at."""

    open: str = Field(pattern=r"^/[^/].*$|^/$", max_length=LONGEST_PATH)


class SubmitStep(Strict):
    """Last step of a write: clicks one button, and is done when the page shows a text."""

    submit: Place
    shows: Place


STEPS = ("fill", "click", "wait", "open", "submit")


def _step_kind(value: Any) -> str | None:
    named = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return next((kind for kind in STEPS if kind in named), None)


BrowserStep = Annotated[
    Annotated[FillStep, Tag("fill")]
    | Annotated[ClickStep, Tag("click")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[OpenPageStep, Tag("open")]
    | Annotated[SubmitStep, Tag("submit")],
    Discriminator(_step_kind),
]


class BrowserSettings(Strict):
    """Settings of a tool that works a web page.

    ``read`` says whose visible text is the answer. ``any_page``: the argument ``path`` names
    a page of the same host, which is opened after the steps.
    """

    start: str = Field(max_length=1000)
    steps: list[BrowserStep] = Field(default=[], max_length=20)
    read: Place = "css=body"
    any_page: bool = False
    seconds: float = Field(default=30.0, ge=1, le=60)

    @property
    def submit(self) -> SubmitStep | None:
        """The step that submits; None for a tool that reads."""
        return next((one for one in self.steps if isinstance(one, SubmitStep)), None)

    @property
    def fills(self) -> list[FillStep]:
        """The steps that fill a field."""
        return [one for one in self.steps if isinstance(one, FillStep)]

    @property
    def secrets(self) -> list[str]:
        """The names of the secrets that fill fields, each once."""
        named = [one.secret.removeprefix(REFERENCE) for one in self.fills if one.secret]
        return list(dict.fromkeys(named))

    @property
    def arguments(self) -> set[str]:
        """The names of the arguments that are read."""
        return {one.argument for one in self.fills if one.argument} | (
            {PATH} if self.any_page else set()
        )


def browser_settings(settings: Any) -> BrowserSettings:
    """Return the typed settings of a tool. Raises Invalid where no page can be worked with them."""
    try:
        found = BrowserSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the settings"
        said = f"{where}: {first['msg'].rstrip('.')}."
        raise Invalid(said, code="bad_settings") from error
    if parse_url(found.start) is None:
        raise Invalid("start is a plain http or https address.", code="bad_url")
    for one in found.steps:
        if isinstance(one, OpenPageStep):
            page_address(found, one.open)
        if isinstance(one, FillStep) and bool(one.argument) == bool(one.secret):
            said = f"“{one.fill}” is filled from an argument or from a secret: name one of them."
            raise Invalid(said, code="bad_settings")
    if any(isinstance(one, SubmitStep) for one in found.steps[:-1]):
        raise Invalid("A tool submits once, in its last step.", code="bad_settings")
    if found.any_page and found.submit:
        raise Invalid("A tool that submits opens no page of its own choice.", code="bad_settings")
    if found.any_page and any(one.argument == PATH for one in found.fills):
        raise Invalid("The argument path names the page, and fills no field.", code="bad_settings")
    return found


def page_address(settings: BrowserSettings, path: str) -> str:
    """Return the address of a page of the same host. Raises Invalid for anything else."""
    start = parse_url(settings.start)
    assert start is not None
    whole = parse_url(f"{start.scheme}://{start.netloc}{path}")
    is_path = path.startswith("/") and not path.startswith("//") and len(path) <= LONGEST_PATH
    if not is_path or whole is None or whole.netloc != start.netloc:
        said = f"path is a page of {start.netloc}, such as /orders/10412."
        raise Invalid(said, code="bad_args", field=PATH)
    return whole.url


def check_values(settings: BrowserSettings, args: dict[str, Any]) -> None:
    """Raise Invalid for arguments that no field takes, or that are missing."""
    if unread := sorted(args.keys() - settings.arguments):
        said = f"The page has no field for {unread[0][:60]}."
        raise Invalid(said, code="bad_args", field=unread[0])
    for name in sorted(settings.arguments):
        value = args.get(name)
        if name == PATH and settings.any_page:
            page_address(settings, "/" if value is None else str(value))
        elif not isinstance(value, str | int | float | bool):
            said = f"{name} fills a field of the page, so it is one value: give it."
            raise Invalid(said, code="bad_args", field=name)
        elif len(str(value)) > LONGEST_VALUE:
            said = f"{name} has {LONGEST_VALUE:,} characters at most."
            raise Invalid(said, code="bad_args", field=name)
