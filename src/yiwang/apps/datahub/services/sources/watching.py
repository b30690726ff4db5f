"""Alarms of sources: told to the data officers of the bureau and to the steward, judged by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as site
from django.db import transaction

from yiwang.apps.datahub.models import AlarmKind, AlarmState, Pull, PullState, Source, SourceAlarm, SourceState
from yiwang.apps.datahub.rules.sources import schedule, unusual
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity import queries as identity
from yiwang.kernel.notices.reminding import remind

UNUSUAL = {"zh-Hans": "采集异常：%(name)s，%(count)s 项待判断", "en": "Unusual run: %(name)s, %(count)s to be judged"}
FAILING = {"zh-Hans": "采集连续失败：%(name)s", "en": "A source fails again and again: %(name)s"}
LATE = {"zh-Hans": "采集逾期未到数：%(name)s", "en": "Nothing came in time: %(name)s"}


def _tell(source: Source, kind: str, words: Mapping[str, str], event: UUID, count: int = 0) -> int:
    people = {a.pk for a in identity.holders(role="data_owner", org_path=source.org_path)} | {a.pk for a in identity.holders(role="data_steward")}
    title = {lang: text % {"name": source.name, "count": count} for lang, text in words.items()}
    return remind(
        account_ids=sorted(people), kind=kind, title=title, link=f"/data/sources/{source.uid}/", subject_kind="datahub.source", subject_uid=source.uid,
        event_uid=event, is_sample=source.is_sample,
    )  # fmt: skip


def compare_columns(source: Source, run: Pull, columns: Sequence[str]) -> None:
    """Tell which columns came and went (schema drift); the landing decides by the contract whether the rows can be taken."""
    found = unusual.changed_columns(source.columns, list(columns))
    if found is not None:
        _keep(source, run, [found])


def _keep(source: Source, run: Pull, findings: Sequence[unusual.Finding]) -> int:
    rows = [SourceAlarm(source=source, pull=run, kind=f.kind, column=f.column[:80], facts=dict(f.facts), raised_at=now()) for f in findings]
    return len(SourceAlarm.objects.bulk_create(rows, ignore_conflicts=True))


def judge_run(source: Source, run: Pull) -> list[unusual.Finding]:
    """Compare a run that went well with those before it, keep and tell what is unusual."""
    limits = unusual.shipped()
    bad = SourceAlarm.objects.filter(source=source, state=AlarmState.REAL, pull__isnull=False).values("pull_id")
    past = list(
        source.pulls.filter(state=PullState.DONE, began_at__lt=run.began_at).exclude(pk__in=bad).exclude(profile={})
        .order_by("-began_at").values_list("profile", flat=True)[: limits.most_runs]
    )[::-1]  # fmt: skip
    now_profile: dict[str, Any] = run.profile or {"rows": run.rows, "columns": {}}
    findings = unusual.judge(past, now_profile, limits)
    _keep(source, run, findings)
    count = run.alarms.count()
    if count:
        _tell(source, "datahub.source.unusual", UNUSUAL, run.uid, count)
    return findings


def tell_failing(source: Source, run: Pull) -> None:
    _tell(source, "datahub.source.failing", FAILING, run.uid)


@transaction.atomic
def watch_delays() -> int:
    """Raise an alarm for each source that should have been read by now and was not; returns how many. A periodic job."""
    moment, count = now(), 0
    due = Source.objects.select_for_update(skip_locked=True).exclude(cron="").exclude(state=SourceState.PAUSED)
    for source in due.order_by("pk"):
        since = source.last_ok_at or source.created_at
        expected = schedule.next_after(source.cron, since, site.TIME_ZONE)
        if moment < expected + timedelta(minutes=source.grace_minutes):
            continue
        if source.alarms.filter(kind=AlarmKind.DELAY, raised_at__gt=since).exists():
            continue  # one alarm for one delay
        late = round((moment - expected).total_seconds() / 60)
        alarm = SourceAlarm.objects.create(source=source, kind=AlarmKind.DELAY, facts={"value": late, "limit": source.grace_minutes}, raised_at=moment)
        _tell(source, "datahub.source.late", LATE, alarm.uid)
        count += 1
    return count
