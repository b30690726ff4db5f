"""Sessions in a table of our own (会话): whose they are, from where, and over after a while without work.

Two limits, both by setting: SESSION_IDLE_S without a request, SESSION_ABSOLUTE_S since the sign-in. A session that is
over, or whose row somebody removed, is no session: whoever reads it (a page, the API, the live stream) finds nobody.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.exceptions import SuspiciousOperation
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from yiwang.kernel.identity.limits import is_over
from yiwang.kernel.identity.models import Account, Session

FACTS = "yw_sign_in"  # in the session's data: uid, at (seconds since 1970), address, agent
TOUCH_S = 60  # how exactly one sees when a session was last used
log = logging.getLogger("yiwang.sessions")


class SessionStore(DatabaseStore):
    """Django's database sessions, with the columns of ours filled from the session's own data."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        try:
            row = Session.objects.filter(session_key=self.session_key, expire_date__gt=timezone.now()).first()
        except SuspiciousOperation as error:
            log.warning("%s", error)
            row = None
        if row is not None and is_over(row, timezone.now()):
            Session.objects.filter(pk=row.pk).delete()
            row = None
        if row is None:
            self._session_key = None
            return None
        self.seen_at = row.seen_at
        return row

    def create_model_instance(self, data: Mapping[str, Any]) -> Session:
        facts = data.get(FACTS) or {}
        account = data.get(SESSION_KEY)
        self.seen_at = timezone.now()
        return Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]  # unknown to the stubs
            session_data=self.encode(dict(data)),
            expire_date=self.get_expiry_date(), uid=UUID(facts["uid"]) if facts else None,
            account_id=int(account) if account else None, address=facts.get("address") or None,
            agent=str(facts.get("agent", ""))[:200],
            began_at=datetime.fromtimestamp(facts["at"], UTC) if facts else None, seen_at=self.seen_at,
        )  # fmt: skip

    def touch(self) -> None:
        """Note that the session is in use, at most once a minute and without writing its data."""
        moment = timezone.now()
        if self.session_key and self.seen_at and (moment - self.seen_at).total_seconds() >= TOUCH_S:
            self.seen_at = moment
            Session.objects.filter(session_key=self.session_key).update(seen_at=moment)


def account_of(session_key: str) -> Account | None:
    """Return who is signed in with a session and may go on; for doors that have no request (the live stream)."""
    store = SessionStore(session_key=session_key)
    account_id = store.get(SESSION_KEY)
    account = Account.objects.filter(pk=account_id, is_active=True).first() if account_id else None
    if account is None or not constant_time_compare(store.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()):
        return None
    return account
