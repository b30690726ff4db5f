"""Pages of the macro-economic base."""

from yiwang.apps.datahub.pages.economy.compare import compare
from yiwang.apps.datahub.pages.economy.lists import listing, waiting
from yiwang.apps.datahub.pages.economy.new import bring_in, new
from yiwang.apps.datahub.pages.economy.one import file, one

__all__ = ["bring_in", "compare", "file", "listing", "new", "one", "waiting"]
