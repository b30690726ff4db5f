"""Tracks (轨迹): positions are taken on shift alone, thinned, appended, and their months dropped when the setting says so."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.city.contracts import Fix, NoFix
from yiwang.apps.city.errors import TooLate
from yiwang.apps.city.models import FieldMark, GridCover, NoFixSpan, Position
from yiwang.apps.city.queries.field import shifts
from yiwang.apps.city.queries.field.cover import first_day
from yiwang.apps.city.rules.field import fixes as rules
from yiwang.apps.city.rules.field.times import set_right
from yiwang.apps.city.rules.field.tracks import thin
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.identity.models import Account

SEND, USE = "city.position.send", "city.field.use"
REASONS = ("no_fix", "screen_locked", "off")
MOST_LONELY = 50
EARLY = timedelta(minutes=1)  # the first fix is drawn while the button is pressed


def take_track(
    *, actor: Actor, uid: UUID, shift_uid: UUID, sent_at: datetime, points: Sequence[Fix], gaps: Sequence[NoFix]
) -> tuple[Answer, bool]:
    """Append a batch of a shift's positions; returns {kept, refused}, and whether it was here before.

    The positions are themselves the record: append-only, with who, when and when told. No event is written besides.

    Raises
    ------
    TooLate
        There is no such shift of this person.
    """
    if not actor.may_anywhere(USE) or actor.account_id is None:
        raise NotPermitted(permission=USE)
    found = shifts.span_of(actor.account_id, shift_uid)
    if found is None:
        raise TooLate(told=_("There is no such shift of yours, so its track is not kept."))
    shift, end = found
    received = now()
    body = {"shift": shift_uid, "points": [(f.at, f.lon, f.lat, f.accuracy_m) for f in points], "gaps": [(g.begin, g.end, g.reason) for g in gaps]}

    def work() -> Answer:
        fixes = [Fix(set_right(f.at, sent_at, received), f.lon, f.lat, f.accuracy_m) for f in points]
        kept, refused = _append(shift, end, fixes, received)
        spans = [(set_right(g.begin, sent_at, received), set_right(g.end, sent_at, received), g.reason) for g in gaps if g.reason in REASONS]
        NoFixSpan.objects.bulk_create(
            NoFixSpan(
                region=str(settings.REGION), recorded_at=received, uid=uuid7(), shift_uid=shift.shift_uid, account_id=shift.account_id,
                began_at=max(begin, shift.occurred_at), ended_at=min(until, end), reason=reason,
            )
            for begin, until, reason in spans if max(begin, shift.occurred_at) < min(until, end)
        )  # fmt: skip
        return {"kept": kept, "refused": refused}

    return once(actor, str(uid), body, work)


def take_positions(*, actor: Actor, device: str, person_uid: UUID, points: Sequence[Fix], key: str = "") -> tuple[Answer, bool]:
    """Append what a wrapper app or a badge tells of a person; what falls into no shift of his is refused, not kept.

    Raises
    ------
    NotPermitted
        The client may not send positions there.
    BadInput
        There is no such person.
    """
    if not actor.may_anywhere(SEND):
        raise NotPermitted(permission=SEND)
    account = Account.objects.filter(uid=person_uid, is_active=True).values_list("pk", flat=True).first()
    if account is None:
        raise BadInput.one("person_uid", "unknown", _("There is no such person."))
    body = {"device": device, "person": person_uid, "points": [(f.at, f.lon, f.lat, f.accuracy_m) for f in points]}

    def work() -> Answer:
        received, kept, refused = now(), 0, 0
        for shift, end, fixes in _by_shift(account, points):
            if shift is None or not actor.may(SEND, area_path=shift.area_path):
                refused += len(fixes)
                continue
            more, bad = _append(shift, end, fixes, received, device=device[:60])
            kept, refused = kept + more, refused + bad
        return {"kept": kept, "refused": refused}

    return once(actor, key, body, work)


def _by_shift(account_id: int, points: Sequence[Fix]) -> list[tuple[FieldMark | None, datetime, list[Fix]]]:
    """Divide positions among the shifts in which they fall; two queries for each shift, none for each position."""
    left = sorted((f for f in points if f.at <= now() + EARLY), key=lambda f: f.at)
    future = [f for f in points if f.at > now() + EARLY]
    found: list[tuple[FieldMark | None, datetime, list[Fix]]] = [(None, now(), future)] if future else []
    while left:
        shift = shifts.shift_at(account_id, left[-1].at)
        span = shifts.span_of(account_id, shift.shift_uid) if shift is not None else None
        mine = [f for f in left if span[0].occurred_at - EARLY <= f.at <= span[1]] if span is not None else []
        if span is None or not mine:
            found.append((None, now(), [left.pop()]))
            if len(found) > MOST_LONELY:  # a device that tells of days without a shift
                found.append((None, now(), left))
                break
            continue
        left = [f for f in left if f.at < span[0].occurred_at - EARLY]
        found.append((span[0], span[1], mine))
    return found


def _append(shift: FieldMark, end: datetime, fixes: Iterable[Fix], received: datetime, *, device: str = "") -> tuple[int, int]:
    """Thin and store positions of one shift; returns (kept, refused)."""
    rows = sorted(fixes, key=lambda f: f.at)
    if not rows:
        return 0, 0
    verdict = rules.Verdict(shift.fix_system, shift.fix_sure)
    if verdict.system and verdict.sure and not device:
        rows = [Fix(f.at, *rules.true_place(f.lon, f.lat, verdict), f.accuracy_m) for f in rows]
    else:
        verdict = rules.Verdict()
    before = Position.objects.filter(shift_uid=shift.shift_uid, device=device, occurred_at__lt=rows[0].at).order_by("-occurred_at")
    last = next((Fix(p.occurred_at, p.lon, p.lat, p.accuracy_m) for p in before[:1]), None)
    mine = Position.objects.filter(shift_uid=shift.shift_uid, device=device, occurred_at__range=(rows[0].at, rows[-1].at))
    there = {p.occurred_at: Fix(p.occurred_at, p.lon, p.lat, p.accuracy_m) for p in mine}
    new = [f for f in rows if f.at not in there]  # pieces may overlap: what is kept already thins the rest as it did then
    thinned = thin([*new, *there.values()], begin=shift.occurred_at - EARLY, end=min(end, received), least_m=settings.FIELD_TRACK_MIN_M, last=last)
    kept = [f for f in thinned.kept if f.at not in there]
    Position.objects.bulk_create(
        (
            Position(
                region=str(settings.REGION), recorded_at=received, uid=uuid7(), shift_uid=shift.shift_uid, account_id=shift.account_id,
                occurred_at=f.at, lon=round(f.lon, 7), lat=round(f.lat, 7), accuracy_m=f.accuracy_m, device=device, from_system=verdict.system,
            )
            for f in kept
        ), batch_size=1000,
    )  # fmt: skip
    return len(kept), thinned.refused


def end_old_months() -> dict[str, int]:
    """Drop the months of positions that are older than POSITIONS_KEEP_DAYS, and the cover of the days before; says on the
    record what went."""
    before = (now() - timedelta(days=settings.POSITIONS_KEEP_DAYS)).date()
    with transaction.atomic():
        ended = {table: audit.end_months(table, before) for table in (Position._meta.db_table, NoFixSpan._meta.db_table)}
        ended[GridCover._meta.db_table] = GridCover.objects.filter(day__lt=first_day()).delete()[0]
        if any(ended.values()):
            audit.record(system("city.positions"), action="city.positions.ended", data={"before": before.isoformat(), **ended})
    return ended



def note_track_read(*, actor: Actor, grid: ResponsibilityGrid, day: date, accounts: Sequence[int]) -> None:
    """Put on record that somebody looked at people's tracks; nothing when there is none."""
    if not accounts:
        return
    with transaction.atomic():
        audit.record(
            actor, action="city.track.read", area_path=grid.area_path,
            data={"grid": grid.code, "day": day.isoformat(), "accounts": sorted(set(accounts))},
        )
