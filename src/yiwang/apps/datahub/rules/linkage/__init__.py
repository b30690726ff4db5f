"""Record linkage (记录关联): which records, in one table or several, are of one person. `link` is the door."""

from yiwang.apps.datahub.rules.linkage.linked import JOINED, REVIEW, Linked, Pair, Pairs, Reason, Told
from yiwang.apps.datahub.rules.linkage.linking import link
from yiwang.apps.datahub.rules.linkage.mapping import KINDS, Columns, MappingError, Options, columns, options, parse

__all__ = [
    "JOINED", "KINDS", "REVIEW", "Columns", "Linked", "MappingError", "Options", "Pair", "Pairs", "Reason", "Told", "columns", "link", "options",
    "parse",
]  # fmt: skip
