"""Cursor pagination by id: ids sort by time, so a page costs the same anywhere."""

from rest_framework.pagination import CursorPagination


class Newest(CursorPagination):
    """Newest first."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
