"""Addresses of a client's pages, for a page and for a mail."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

from approvals.models import ReviewItem

PAGES = {"item": "review_item", "source": "source", "workflow": "workflow", "run": "run"}


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one tenant's pages, all beginning with ``root``."""

    root: str

    def report(self, week: str) -> str:
        """One week's report."""
        return self._to("report", week)

    def items(self, week: str, bucket: str) -> str:
        """What one number of a week's report counts."""
        return self._to("report_items", week, bucket)

    def page(self, kind: str, key: str) -> str:
        """The page of an item, a source, a workflow or a run."""
        return self._to(PAGES[kind], key)

    def confirm(self, item: ReviewItem) -> str:
        """The page that asks whether to approve an item as it was when a mail was written."""
        return f"{self._to('review_confirm', str(item.pk))}?seen={item.content_hash}"

    def queue(self) -> str:
        """The review queue."""
        return self._to("review")

    def notices(self) -> str:
        """A person's own choice of notices."""
        return self._to("notices")

    def record(self) -> str:
        """The record."""
        return self._to("record")

    def _to(self, name: str, *args: str) -> str:
        try:
            path = reverse(name, urlconf=settings.TENANT_URLCONF, args=args)
        except NoReverseMatch:
            return ""
        return self.root + path.removeprefix(get_script_prefix())


def inside() -> str:
    """The root for pages of the request's tenant."""
    return get_script_prefix()


def outside(slug: str) -> str:
    """The root for mails, which have no request."""
    return f"{settings.BASE_URL}/t/{slug}/"
