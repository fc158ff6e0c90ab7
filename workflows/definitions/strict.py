"""Base class of every typed part of a definition. Pure."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Refuses fields it doesn't know, so that a slip of the pen is an error."""

    # A field's docstring is its description in the published schema.
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )
