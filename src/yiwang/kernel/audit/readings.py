"""Readings that are unusual for whose they are, not for their number: people near the reader, and one person read by many.

Who is near whom only rooms above know; they register a finder (`register_relations`), which gets lines of the access log
and says of each in which relation its person stands to its reader (unusual.RELATIONS).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from yiwang.kernel.audit.models import AccessLog, UnusualActivity
from yiwang.kernel.audit.services import record
from yiwang.kernel.audit.unusual import Limits, many_bound
from yiwang.kernel.base import actor as actors

KEPT_LINES = 200
Finder = Callable[[Sequence[AccessLog]], Mapping[int, Iterable[str]]]
_finders: list[Finder] = []


def register_relations(finder: Finder) -> None:
    """Name who knows people near readers: f(lines) -> {position: relations}."""
    if finder not in _finders:
        _finders.append(finder)


def _day(moment: datetime) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    return datetime.combine(moment.astimezone(zone).date(), time(), zone)


def look(since: datetime, until: datetime, wanted: Limits) -> list[UnusualActivity]:
    """Raise warnings about the readings of the days from `since` to `until`; returns the new ones."""
    return [*_near(since, until, wanted), *_by_many(since, until, wanted)]


def _near(since: datetime, until: datetime, wanted: Limits) -> Iterable[UnusualActivity]:
    if not _finders:
        return
    rows = AccessLog.objects.filter(recorded_at__gte=_day(since), recorded_at__lt=until, actor_kind="person", actor_id__isnull=False)
    lines = list(rows.order_by("position"))
    found: dict[tuple[int, datetime, str], list[AccessLog]] = defaultdict(list)
    for finder in _finders:
        told = finder(lines)
        for line in lines:
            for relation in told.get(line.position, ()):
                found[(line.actor_id or 0, _day(line.recorded_at), relation)].append(line)
    for (account, day, relation), those in found.items():
        if len(those) >= wanted.relations.get(relation, 1) and (made := _keep(
            "person", account, day, "relation", relation, len(those), [line.position for line in those], those[-1].actor_name, those[-1].post_name,
        )):  # fmt: skip
            yield made


def _by_many(since: datetime, until: datetime, wanted: Limits) -> Iterable[UnusualActivity]:
    """One person read by many different people within some days, held against how many readers others have."""
    begins = _day(since) - timedelta(days=wanted.many_days)
    rows = AccessLog.objects.filter(recorded_at__gte=begins, recorded_at__lt=until, actor_kind__in=("person", "client"), actor_id__isnull=False)
    readers: dict[tuple[int, str], set[tuple[str, int]]] = defaultdict(set)
    lines: dict[tuple[int, str], list[int]] = defaultdict(list)
    newest: dict[tuple[int, str], datetime] = {}
    columns = ("party_id", "subject_uid", "actor_kind", "actor_id", "position", "recorded_at")
    for party, person, kind, account, position, at in rows.order_by("position").values_list(*columns):
        whom = (party or 0, "" if party else str(person))
        readers[whom].add((kind, account))
        lines[whom].append(position)
        newest[whom] = at
    bound = many_bound([len(found) for found in readers.values()], wanted)
    for (party, person), found in readers.items():
        at = newest[(party, person)]
        if len(found) > bound and at >= since and (made := _keep(
            "subject", party, _day(at), "read_by_many", person or f"#{party}", len(found), lines[(party, person)], person or f"#{party}", "", bound
        )):  # fmt: skip
            yield made


def _keep(
    kind: str, account: int, day: datetime, family: str, subject: str, amount: int, lines: list[int], name: str, post: str, bound: float | None = None
) -> UnusualActivity | None:
    """Keep a warning of a day; one that nobody has judged grows with it. Returns it when it is new."""
    figures: dict[str, Any] = {"amount": amount, "lines": lines[-KEPT_LINES:], "peer_bound": bound}
    made, is_new = UnusualActivity.objects.get_or_create(
        unit="day", starts_at=day, actor_kind=kind, actor_id=account, family=family, subject=subject[:120],
        defaults={"actor_name": name, "post_name": post, "own_median": 0, "own_periods": 0, "peer_median": 0, "peer_people": 0, **figures},
    )  # fmt: skip
    if not is_new:
        if made.judged_at is None and made.amount < amount:
            UnusualActivity.objects.filter(pk=made.pk).update(**figures)
        return None
    record(actors.system("watch"), action="audit.warning.raised", data={
        "warning": made.uid, "actor_kind": kind, "actor_id": account, "unit": "day", "starts_at": day, "family": family, "subject": subject,
        "amount": amount, "lines": figures["lines"],
    })  # fmt: skip
    return made
