"""Storage of static files, whose addresses are the same for as long as a process runs."""

from functools import cache
from typing import Any

from whitenoise.storage import CompressedStaticFilesStorage


class StaticFiles(CompressedStaticFilesStorage):  # type: ignore[misc]  # has no types
    """WhiteNoise's storage, which makes each address once: a page names ten files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = cache(super().url)
