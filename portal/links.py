"""URLs of a tenant's pages, for use in pages and in mails."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

from approvals.models import ReviewItem

PAGES = {
    "item": "review_item",
    "source": "source",
    "workflow": "workflow",
    "run": "run",
    "tool_server": "tool_server",
}


def route(name: str, *ids: UUID, urlconf: str | None = settings.TENANT_URLCONF) -> str:
    """Return the address of a tenant's page of ids, as ``reverse`` would. Raises NoReverseMatch.

    The resolver is asked once for each route: a page of the queue has 150 links.
    """
    return _route(name, len(ids), urlconf, get_script_prefix()).format(*ids)


@lru_cache(maxsize=4096)
def _route(name: str, ids: int, urlconf: str | None, prefix: str) -> str:
    """Return the address with ``{}`` in place of each id.

    ``prefix`` is a part of the key only: ``reverse`` puts it before the path.
    """
    places = [UUID(int=n) for n in range(1, ids + 1)]
    url = reverse(name, urlconf=urlconf, args=places)
    for place in places:
        url = url.replace(str(place), "{}")
    return url


@dataclass(frozen=True, slots=True)
class Links:
    """URLs of one tenant's pages, all beginning with ``root``."""

    root: str

    def report(self, week: str) -> str:
        """Return the URL of one week's report."""
        return self._to("report", week)

    def items(self, week: str, bucket: str) -> str:
        """Return the URL of the list behind one number of a week's report."""
        return self._to("report_items", week, bucket)

    def page(self, kind: str, key: str) -> str:
        """Return the URL of one of PAGES."""
        return self._to(PAGES[kind], key)

    def confirm(self, item: ReviewItem) -> str:
        """Return the URL that asks to approve an item with the content it has now.

        The content hash is part of the URL, so that a later change of the item is noticed.
        """
        return f"{self._to('review_confirm', str(item.pk))}?seen={item.content_hash}"

    def queue(self) -> str:
        """Return the URL of the review queue."""
        return self._to("review")

    def notices(self) -> str:
        """Return the URL of a person's own notice settings."""
        return self._to("notices")

    def budgets(self) -> str:
        """Return the URL of the budgets."""
        return self._to("budgets")

    def record(self) -> str:
        """Return the URL of the record."""
        return self._to("record")

    def _to(self, name: str, *args: str) -> str:
        try:
            path = reverse(name, urlconf=settings.TENANT_URLCONF, args=args)
        except NoReverseMatch:
            return ""
        return self.root + path.removeprefix(get_script_prefix())


def inside() -> str:
    """Return the root path of the request's tenant, for links in pages."""
    return get_script_prefix()


def outside(slug: str) -> str:
    """Return the absolute root URL of a tenant, for mails: they have no request."""
    return f"{settings.BASE_URL}/t/{slug}/"
