"""The watch (异常变动预警): counts from the record and the access log in one pass, warnings, and their judging."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from yiwang.kernel.audit import readings
from yiwang.kernel.audit.errors import AlreadyJudged, OwnWarning
from yiwang.kernel.audit.models import UnusualActivity, Watch
from yiwang.kernel.audit.services import record
from yiwang.kernel.audit.unusual import Count, Limits, Past, judge
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound

_LOCK = 0x59575755  # "YWWU"
EXPORT = "export.taken"
# Actions after which something is no longer there, or counts no more.
REMOVING = r"^(void|merge|force_close)$|^(?!identity\.(session|sign_in)).*\.(removed|deleted|erased|closed|ended|revoked|released|voided)$"
SUBJECT = r"^[^.]+\.[^.]+|^[^.]+$"  # "identity.account" of "identity.account.created"
MOST_BACK = timedelta(hours=48)  # a worker that stood still longer looks no further back

# One pass over each log; `past` never holds the day of a fresh period, so that a burst is not its own past.
SQL = """
WITH lines AS MATERIALIZED (
    SELECT actor_kind, actor_id, actor_name, post_name, date_trunc('hour', recorded_at) AS hour,
           CASE WHEN action = %(export)s THEN 'export' WHEN action ~ %(removing)s THEN 'remove' ELSE 'edit' END AS family,
           CASE WHEN action = %(export)s THEN coalesce(data->>'what', '') WHEN matter <> '' THEN matter
                ELSE coalesce(substring(action FROM %(subject)s), action) END AS subject,
           CASE WHEN action = %(export)s AND data->>'rows' ~ '^[0-9]{{1,9}}$' THEN (data->>'rows')::bigint ELSE 0 END AS rows
    FROM yw_audit_event
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s AND mode = 'live'
      AND actor_kind IN ('person', 'client') AND actor_id IS NOT NULL
    UNION ALL
    SELECT actor_kind, actor_id, actor_name, post_name, date_trunc('hour', recorded_at), 'read', 'party', 0
    FROM yw_audit_accesslog
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s
      AND actor_kind IN ('person', 'client') AND actor_id IS NOT NULL
    UNION ALL
    SELECT actor_kind, actor_id, actor_name, post_name, date_trunc('hour', recorded_at), 'read_late', 'party', 0
    FROM yw_audit_accesslog
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s
      AND actor_kind IN ('person', 'client') AND actor_id IS NOT NULL
      AND (extract(hour FROM recorded_at AT TIME ZONE %(zone)s) >= %(late_from)s
           OR extract(hour FROM recorded_at AT TIME ZONE %(zone)s) < %(late_until)s)
), hours AS MATERIALIZED (
    SELECT actor_kind, actor_id, max(actor_name) AS actor_name, max(post_name) AS post_name, family, subject, hour,
           count(*) AS n
    FROM lines GROUP BY actor_kind, actor_id, family, subject, hour
    UNION ALL
    SELECT actor_kind, actor_id, max(actor_name), max(post_name), 'export_rows', subject, hour, sum(rows)
    FROM lines WHERE family = 'export' GROUP BY actor_kind, actor_id, subject, hour
), periods AS MATERIALIZED (
    SELECT actor_kind, actor_id, actor_name, post_name, family, subject, 'hour' AS unit, hour AS starts_at,
           date_trunc('day', hour, %(zone)s) AS day, n
    FROM hours
    UNION ALL
    SELECT actor_kind, actor_id, max(actor_name), max(post_name), family, subject, 'day',
           date_trunc('day', hour, %(zone)s), date_trunc('day', hour, %(zone)s), sum(n)
    FROM hours GROUP BY actor_kind, actor_id, family, subject, date_trunc('day', hour, %(zone)s)
), least (unit, family, amount) AS (VALUES {least}),
fresh AS MATERIALIZED (
    SELECT p.* FROM periods p JOIN least l USING (unit, family)
    WHERE p.n >= l.amount
      AND p.starts_at >= CASE p.unit WHEN 'day' THEN date_trunc('day', %(fresh)s, %(zone)s) ELSE date_trunc('hour', %(fresh)s) END
)
SELECT f.unit, f.starts_at, f.actor_kind, f.actor_id, f.actor_name, f.post_name, f.family, f.subject, f.n,
       own.periods, own.median, own_mad.mad, peers.periods, peers.people, peers.median, peers_mad.mad,
       beside.people, beside.median, beside_mad.mad
FROM fresh f
CROSS JOIN LATERAL (
    SELECT count(*) AS periods, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.n) AS median FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id = f.actor_id AND p.family = f.family AND p.subject = f.subject
      AND p.unit = f.unit AND p.day < f.day
) own
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(p.n - own.median)) AS mad FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id = f.actor_id AND p.family = f.family AND p.subject = f.subject
      AND p.unit = f.unit AND p.day < f.day
) own_mad
CROSS JOIN LATERAL (
    SELECT count(*) AS periods, count(DISTINCT p.actor_id) AS people,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY p.n) AS median FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id <> f.actor_id AND p.post_name = f.post_name AND p.family = f.family
      AND p.subject = f.subject AND p.unit = f.unit
) peers
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(p.n - peers.median)) AS mad FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id <> f.actor_id AND p.post_name = f.post_name AND p.family = f.family
      AND p.subject = f.subject AND p.unit = f.unit
) peers_mad
CROSS JOIN LATERAL (
    SELECT count(*) AS people, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.n) AS median FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id <> f.actor_id AND p.post_name = f.post_name AND p.family = f.family
      AND p.subject = f.subject AND p.unit = f.unit AND p.starts_at = f.starts_at
) beside
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(p.n - beside.median)) AS mad FROM periods p
    WHERE p.actor_kind = f.actor_kind AND p.actor_id <> f.actor_id AND p.post_name = f.post_name AND p.family = f.family
      AND p.subject = f.subject AND p.unit = f.unit AND p.starts_at = f.starts_at
) beside_mad
ORDER BY f.starts_at, f.actor_id, f.family, f.subject, f.unit
"""


def limits() -> Limits:
    return Limits.of(getattr(settings, "WATCH", {}))


def counts(since: datetime, until: datetime, wanted: Limits) -> list[Count]:
    """Return what passed the minimum in hours and days that began at or after `since`, each with its pasts."""
    least = ", ".join(
        f"('{unit}', '{family}', {int(amount)})" for unit, families in wanted.minimum.items() for family, amount in families.items()
    )
    values: dict[str, Any] = {
        "export": EXPORT, "removing": REMOVING, "subject": SUBJECT, "zone": settings.TIME_ZONE, "fresh": since, "until": until,
        "since": since - timedelta(days=wanted.days), "late_from": wanted.late_from, "late_until": wanted.late_until,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '600s'")
        cursor.execute(SQL.format(least=least), values)
        rows = cursor.fetchall()
    found = []
    for unit, starts_at, kind, account, name, post, family, subject, n, *past in rows:
        own_periods, own_median, own_mad, peer_periods, people, peer_median, peer_mad, beside, beside_median, beside_mad = past
        found.append(Count(
            unit=unit, starts_at=starts_at, actor_kind=kind, actor_id=account, actor_name=name, post_name=post, family=family,
            subject=subject, amount=int(n), own=Past(periods=own_periods, people=1, median=float(own_median or 0), mad=float(own_mad or 0)),
            peers=Past(periods=peer_periods, people=people, median=float(peer_median or 0), mad=float(peer_mad or 0)),
            beside=Past(periods=beside, people=beside, median=float(beside_median or 0), mad=float(beside_mad or 0)),
        ))  # fmt: skip
    return found


def look(until: datetime | None = None) -> list[UnusualActivity]:
    """Look at what was done since the last look, raise warnings, and return those that are new. A periodic job.

    Two at once look one after the other; the same hour or day of the same person and kind has one warning, whose count
    grows while nobody has judged it.
    """
    moment = until or now()
    wanted = limits()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        state, _made = Watch.objects.get_or_create(pk=1, defaults={"watched_until": moment - timedelta(hours=1)})
        # An hour more than the gap: lines of a transaction that took long carry the time at which it began.
        since = max(min(state.watched_until, moment) - timedelta(hours=1), moment - MOST_BACK)
        raised = [w for count in counts(since, moment, wanted) if (w := _warn(count, wanted)) is not None]
        raised += readings.look(since, moment, wanted)
        state.watched_until = moment
        state.save()
    return raised


def _warn(count: Count, wanted: Limits) -> UnusualActivity | None:
    """Keep the warning; return it when it is new."""
    verdict = judge(count, wanted)
    if verdict is None:
        return None
    figures = {
        "amount": count.amount, "own_median": count.own.median, "own_periods": count.own.periods, "own_bound": verdict.own_bound,
        "peer_median": count.peers.median, "peer_people": count.peers.people, "peer_bound": verdict.peer_bound,
    }  # fmt: skip
    made, is_new = UnusualActivity.objects.get_or_create(
        unit=count.unit, starts_at=count.starts_at, actor_kind=count.actor_kind, actor_id=count.actor_id, family=count.family,
        subject=count.subject, defaults={"actor_name": count.actor_name, "post_name": count.post_name, **figures},
    )  # fmt: skip
    if not is_new:
        if made.judged_at is None and made.amount < count.amount:
            UnusualActivity.objects.filter(pk=made.pk).update(**figures)
        return None
    record(actors.system("watch"), action="audit.warning.raised", data={
        "warning": made.uid, "actor_kind": count.actor_kind, "actor_id": count.actor_id, "unit": count.unit,
        "starts_at": count.starts_at, "family": count.family, "subject": count.subject, **figures,
    })  # fmt: skip
    return made


VERDICTS = ("explained", "misuse", "mistake")


@transaction.atomic
def judge_warning(actor: Actor, uid: UUID, *, verdict: str, reason: str) -> UnusualActivity:
    """Close a warning: `explained` (there was good cause), `misuse` (followed up elsewhere) or `mistake` (of the watch).

    Raises
    ------
    NotPermitted
        The actor is no audit administrator.
    NotFound
        There is no such warning.
    OwnWarning
        It is about the actor himself.
    AlreadyJudged
        Somebody was faster.
    BadInput
        Another verdict, or no reason.
    """
    actor.require("audit.judge")
    found = UnusualActivity.objects.select_for_update().filter(uid=uid).first()
    if found is None:
        raise NotFound(what="warning")
    if found.actor_kind == "person" and found.actor_id == actor.account_id:
        raise OwnWarning
    if found.judged_at is not None:
        raise AlreadyJudged
    if verdict not in VERDICTS:
        raise BadInput.one("verdict", "verdict", _("Choose one of the answers in the list."))
    why = reason.replace("\0", "").strip()
    if not 4 <= len(why) <= 500:
        raise BadInput.one("reason", "length", _("Say why, in 4 to 500 characters."))
    found.verdict, found.reason, found.judged_at = verdict, why, now()
    found.judged_by_id, found.judged_by_name = actor.account_id, actor.name
    found.save()
    record(actor, action="audit.warning.judged", data={"warning": found.uid, "verdict": verdict, "reason": why})
    return found


def rows_behind(warning: UnusualActivity) -> tuple[str, Q]:
    """Return the log ("event" or "access") and the condition on its lines that make up a warning's count."""
    zone = ZoneInfo(settings.TIME_ZONE)
    begins = warning.starts_at.astimezone(zone)
    ends = begins + (timedelta(hours=1) if warning.unit == "hour" else timedelta(days=1))  # a day by the clock on the wall
    who = Q(actor_kind=warning.actor_kind, actor_id=warning.actor_id, recorded_at__gte=begins, recorded_at__lt=ends)
    if warning.lines is not None:  # about certain lines, whatever their number in the hour
        return "access", Q(position__in=warning.lines)
    if warning.family == "read":
        return "access", who
    if warning.family == "read_late":
        late = limits()
        return "access", who & (Q(recorded_at__hour__gte=late.late_from) | Q(recorded_at__hour__lt=late.late_until))
    who &= Q(mode="live")
    if warning.family in ("export", "export_rows"):
        return "event", who & Q(action=EXPORT, data__what=warning.subject)
    removing = Q(action__regex=REMOVING)
    who &= removing if warning.family == "remove" else ~removing & ~Q(action=EXPORT)
    return "event", who & (Q(matter=warning.subject) | Q(matter="", action__regex=rf"^{re.escape(warning.subject)}(\.|$)"))
