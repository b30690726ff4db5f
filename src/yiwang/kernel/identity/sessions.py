"""Sessions in a table of our own (会话): whose they are, from where, and over after a while without work.

Two limits, both by setting: SESSION_IDLE_S without a request, SESSION_ABSOLUTE_S since the sign-in. A session that is
over, or whose row somebody removed, is no session: whoever reads it (a page, the API, the live stream) finds nobody.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.exceptions import SuspiciousOperation
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from yiwang.kernel.identity.limits import is_over
from yiwang.kernel.identity.models import Account, Session

FACTS = "yw_sign_in"  # in the session's data: uid, at (seconds since 1970), address, agent
TOUCH_S = 60  # how exactly one sees when a session was last used
log = logging.getLogger("yiwang.sessions")


_OF_SESSION = ("session_key", "session_data", "expire_date", "account_id", "began_at", "seen_at")
_OF_ACCOUNT = tuple(field.attname for field in Account._meta.concrete_fields)
# By hand: every request of somebody who is signed in asks this, and putting two statements together cost more than answering them.
_WITH_ACCOUNT = (
    f"SELECT {', '.join(f's.{name}' for name in _OF_SESSION)}, {', '.join(f'a.{name}' for name in _OF_ACCOUNT)}"
    f" FROM {Session._meta.db_table} s LEFT JOIN {Account._meta.db_table} a ON a.id = s.account_id"
    " WHERE s.session_key = %s AND s.expire_date > %s"
)


class SessionStore(DatabaseStore):
    """Django's database sessions, with the columns of ours filled from the session's own data.

    `account` is whose session it is, read in the same statement; whether he may go on is asked in `signed_in`.
    """

    seen_at: datetime | None = None
    account: Account | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        try:
            row = self._read()
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

    def _read(self) -> Session | None:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(_WITH_ACCOUNT, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            return None
        kept, facts = found[: len(_OF_SESSION)], found[len(_OF_SESSION) :]
        self.account = Account.from_db(DEFAULT_DB_ALIAS, _OF_ACCOUNT, facts) if facts[0] is not None else None
        return Session.from_db(DEFAULT_DB_ALIAS, _OF_SESSION, kept)

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


def signed_in(session: SessionBase) -> Account | None:
    """Return whose session it is, as it was read with it; None where Django has to look closer (backends, older secrets)."""
    if not isinstance(session, SessionStore):
        return None
    account_id, backend = session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY)
    account = session.account
    if account is None or account_id != str(account.pk) or not account.is_active or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()):
        return None
    return account


def account_of(session_key: str) -> Account | None:
    """Return who is signed in with a session and may go on; for doors that have no request (the live stream)."""
    store = SessionStore(session_key=session_key)
    account_id = store.get(SESSION_KEY)
    account = Account.objects.filter(pk=account_id, is_active=True).first() if account_id else None
    if account is None or not constant_time_compare(store.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()):
        return None
    return account
