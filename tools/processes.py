"""Ties between our processes."""

from __future__ import annotations

import contextlib
import ctypes
import signal

_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Ask the kernel to send this process SIGTERM when its parent is gone (prctl PR_SET_PDEATHSIG)."""
    with contextlib.suppress(AttributeError):
        _libc.prctl(1, signal.SIGTERM)
