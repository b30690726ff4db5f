"""One reading for all who look at the same: kept a moment in this process, made by one thread while the others wait."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")
MOST = 500  # keys that are remembered


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    value: Any = None


_kept: OrderedDict[Hashable, _Kept] = OrderedDict()
_guard = threading.Lock()
made = 0  # readings that were really made; what a test and the benchmark look at


def get(key: Hashable, make: Callable[[], T], *, seconds: float, good: Callable[[T], bool] = lambda _value: True, least_s: float = 0.0) -> T:
    """Return the value that was made less than so many seconds ago, else make it anew.

    Parameters
    ----------
    good : a kept value that is not good enough (it does not know the newest event) is made anew
    least_s : but never sooner than this; whoever needed more asks again
    """
    global made
    named = (connection.settings_dict["NAME"], key)
    with _guard:
        slot = _kept.setdefault(named, _Kept())
        _kept.move_to_end(named)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    with slot.lock:
        age = time.monotonic() - slot.at
        if age < least_s or (age < seconds and good(slot.value)):
            kept: T = slot.value
            return kept
        value = make()
        made += 1
        slot.at, slot.value = time.monotonic(), value
        return value


def forget() -> None:
    with _guard:
        _kept.clear()
