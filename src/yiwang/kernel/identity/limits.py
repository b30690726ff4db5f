"""When a session is over: idle for too long, or begun too long ago."""

from datetime import datetime, timedelta

from django.conf import settings

from yiwang.kernel.identity.models import Session


def is_over(row: Session, moment: datetime) -> bool:
    """Say whether a signed-in session has been idle, or has lasted, for too long."""
    if row.account_id is None:
        return False
    idle, whole = timedelta(seconds=settings.SESSION_IDLE_S), timedelta(seconds=settings.SESSION_ABSOLUTE_S)
    if idle and moment - row.seen_at > idle:
        return True
    return bool(whole and row.began_at and moment - row.began_at > whole)
