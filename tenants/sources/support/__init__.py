"""Whether a draft's sentences are supported by the sources they cite. Pure.

A comparison of words, numbers and denials, not an understanding. A sentence is
supported only where one statement of what it cites holds its words, its numbers with
their units, its names, its comparisons and its denials. What can't be compared, such
as a sentence in a language without a table, is called not checkable.
"""

from tenants.sources.support.annotations import Annotated, annotate, recheck
from tenants.sources.support.judgement import NOT_SAID, supports

__all__ = ["NOT_SAID", "Annotated", "annotate", "recheck", "supports"]
