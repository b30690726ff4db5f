"""Ties between our processes."""

import contextlib
import ctypes
import multiprocessing
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Let a server's worker process end when the server that started it is killed (Linux: prctl PR_SET_PDEATHSIG).

    Otherwise it lives on, shares the port with its successor and answers with the old code and the old settings. Does
    nothing in a process that no server started as its worker.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent.pid:  # it was killed before we asked
        os.kill(os.getpid(), signal.SIGKILL)
