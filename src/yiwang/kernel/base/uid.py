"""Outside names of everything: UUIDv7, time-ordered and mintable anywhere (RFC 9562, section 5.7)."""

import os
import time
import uuid


def uuid7(milliseconds: int | None = None) -> uuid.UUID:
    """Return a new UUIDv7; a phone may mint its own, so uniqueness rests on 74 random bits.

    Parameters
    ----------
    milliseconds : int, optional
        Unix time in ms; now when left out. Imports pass the time of the act, so ids sort as things happened.
    """
    moment = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    value = (moment & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
