"""What is nobody's bug: the database is away for a moment, or a disk is full. Said as such, with when to try again."""

import errno
import logging

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from yiwang.kernel.base.errors import DiskFull, ProblemError, Unavailable

log = logging.getLogger("yiwang.failing")
_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, ConnectorException)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def problem_of(exception: BaseException | None) -> ProblemError | None:
    """Return the refusal that says what happened, or None when it is a bug of ours.

    Every OperationalError counts: no connection, none left, shut down, disk full, deadlock, over the time limit. In each
    of them the transaction was rolled back, or its answer was lost and the same key gets it again.
    """
    if isinstance(exception, _AWAY):
        log.warning("the database did not answer", extra={"facts": {"error": str(exception).strip().splitlines()[:1]}})
        return Unavailable()
    if isinstance(exception, OSError) and exception.errno in _FULL:
        log.error("no space left", extra={"facts": {"error": str(exception)}})
        return DiskFull()
    return None
