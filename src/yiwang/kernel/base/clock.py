"""Now, in one place: `./dev up --as-of` and tests shift it for everything at once."""

import os
from datetime import datetime, timedelta

from django.utils import timezone

_shift: timedelta | None = None


def now() -> datetime:
    """Return the present moment, aware, UTC. YIWANG_CLOCK_SHIFT_S moves it by whole seconds (demonstrations)."""
    global _shift
    if _shift is None:
        _shift = timedelta(seconds=int(os.environ.get("YIWANG_CLOCK_SHIFT_S", "0")))
    return timezone.now() + _shift
