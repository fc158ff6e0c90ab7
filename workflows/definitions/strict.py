"""The base of every typed piece of a definition. Pure."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Refuses fields it doesn't know, so that a slip of the pen is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
