"""Work on the macro-economic base: series described, figures entered, corrected, released, brought in and taken out."""

from yiwang.apps.datahub.services.economy.defining import NewSeries, define
from yiwang.apps.datahub.services.economy.entering import Entry, Written, decide, put
from yiwang.apps.datahub.services.economy.sheets import Looked, bring_in

__all__ = ["Entry", "Looked", "NewSeries", "Written", "bring_in", "decide", "define", "put"]
