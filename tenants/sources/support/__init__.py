"""The sentences of a draft are compared with the sources they cite. Pure.

It is a comparison of words, numbers and denials, not an understanding. A sentence is supported only
where one statement of what it cites holds its words, its numbers with their units, its names, its
comparisons and its denials. A sentence that can't be compared, such as one in a language without a
table, is called not checkable.
"""

from tenants.sources.support.annotations import Annotated, annotate, recheck
from tenants.sources.support.judgement import NOT_SAID, supports

__all__ = ["NOT_SAID", "Annotated", "annotate", "recheck", "supports"]
