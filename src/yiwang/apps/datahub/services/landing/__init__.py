"""Landing (归集落地): a delivery in, rows of the contract out, refused rows back to their bureau.

`land(actor, dataset, file=..., idempotency_key=...)` or `batches=...` is what sources call.
"""

from yiwang.apps.datahub.services.landing.correcting import correct, corrections_file, give_up
from yiwang.apps.datahub.services.landing.receiving import receive
from yiwang.apps.datahub.services.landing.running import confirm, discard, land, land_now, resume

__all__ = ["confirm", "correct", "corrections_file", "discard", "give_up", "land", "land_now", "receive", "resume"]
