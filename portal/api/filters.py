"""Filters of the API's lists: by known parameters alone."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = frozenset({"cursor", "limit", "format"})


class KnownFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Filter set that refuses unknown parameters: a misspelt filter would return every row."""

    def is_valid(self) -> bool:
        """Whether all parameters are valid. Raises ValidationError for an unknown one."""
        unknown = sorted(set(self.data) - set(self.filters) - PAGING)
        if unknown:
            known = ", ".join(sorted(self.filters))
            raise ValidationError(
                {name: [f"There is no such filter. Use {known}."] for name in unknown}
            )
        return bool(super().is_valid())


class FilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """Filter backend that makes no filter set where the request names no filter."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the rows that the request asks for. Raises ValidationError."""
        # Making the set's form takes as long as reading five rows.
        if request.query_params.keys() <= PAGING:
            return queryset
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found
