"""Base of the API's serializers: one instance of each class serves every request."""

from collections.abc import Callable
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Self

from rest_framework import serializers


class Stateless(serializers.Serializer[Any]):
    """Serializer that keeps nothing of a request, so that one instance serves all of them.

    DRF copies and builds the fields of each new instance, which takes longer than using them.
    """

    @classmethod
    @cache
    def shared(cls) -> Self:
        """Return the one instance of this class."""
        return cls()

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """Return the validated values of a body. Raises ValidationError."""
        values: dict[str, Any] = cls.shared().run_validation(data)
        return values

    @classmethod
    def show(cls, obj: Any) -> dict[str, Any]:
        """Return an object as JSON values."""
        return cls.shared().to_representation(obj)

    @cached_property
    def _shown(self) -> list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]]:
        """Each field's name, what reads its value from an object, and what writes the value."""
        return [
            (
                field.field_name or "",
                attrgetter(".".join(field.source_attrs)) if field.source_attrs else lambda obj: obj,
                field.to_representation,
            )
            for field in self._readable_fields
        ]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return an object as JSON values. Its attributes are values: none is called.

        DRF asks of each attribute whether it can be called, half of the time of a list.
        """
        return {
            name: None if (value := read(instance)) is None else write(value)
            for name, read, write in self._shown
        }
