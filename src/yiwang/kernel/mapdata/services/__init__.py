"""Map files on their way into layers and out of them."""

from yiwang.kernel.mapdata.services.bringing import bring, discard, undo
from yiwang.kernel.mapdata.services.checking import check, compare_place
from yiwang.kernel.mapdata.services.exporting import export
from yiwang.kernel.mapdata.services.receiving import choose, start

__all__ = ["bring", "check", "choose", "compare_place", "discard", "export", "start", "undo"]
