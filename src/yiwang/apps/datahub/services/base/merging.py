"""Two golden records become one, and apart again, with all that followed (合并、撤销合并、拆分)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotMergeable
from yiwang.apps.datahub.models import (
    By,
    CandidatePair,
    FieldLock,
    IdMap,
    Merge,
    PairState,
    SourceRecord,
    Subject,
    SubjectState,
)
from yiwang.apps.datahub.rules.base.compare import GREY
from yiwang.apps.datahub.services.base import books, golden
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound

GOVERN = "datahub.base.govern"
LONGEST_LOCK = timedelta(days=366)


def locked(*ids: int) -> list[Subject]:
    """Lock golden records in the order of their numbers, so that two who merge the same ones wait instead of blocking each other."""
    rows = {s.pk: s for s in Subject.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    return [rows[pk] for pk in ids]


def reason_of(reason: str) -> str:
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    return reason.strip()[:500]


def join(
    actor: Actor, one: Subject, other: Subject, *, by: str = By.USER, reason: str = "", pair: CandidatePair | None = None, score: float | None = None, version: str = ""
) -> Merge:
    """Merge `other` into `one`; the older record is kept. The caller holds both locks and has asked for the permission.

    `score` and `version` say by which weights, where no question (`pair`) was asked.

    Raises
    ------
    NotMergeable
        One of them is merged already, or they are of two kinds.
    """
    kept, gone = sorted((one, other), key=lambda s: s.pk)
    if kept.pk == gone.pk or kept.kind != gone.kind or SubjectState.MERGED in (kept.state, gone.state):
        raise NotMergeable
    moment = now()
    maps = list(IdMap.objects.filter(subject=gone, valid_to=None).order_by("pk"))
    _move(maps, kept, moment, by=by, method="merge", actor=actor, score=pair.score if pair else score, version=version)
    gone.state, gone.redirect = SubjectState.MERGED, kept
    gone.save(update_fields=["state", "redirect", "changed_at"])
    Subject.objects.filter(redirect=gone).update(redirect=kept)  # a redirect leads on in one step
    change = golden.rebuild([kept], change="merged", other=gone)[0]
    merge = Merge.objects.create(
        kept=kept, gone=gone, pair=pair, by=by, reason=reason, moved=[[m.source_id, m.key_index] for m in maps], position=change.pk,
        made_by_id=actor.account_id, made_at=moment,
    )  # fmt: skip
    _void_others(gone, kept, pair)
    record(actor, action="datahub.base.merged", area_path=kept.area_path, data={"kept": kept.uid, "gone": gone.uid, "merge": merge.uid, "rows": len(maps), "reason": reason})
    return merge


def _move(maps: Iterable[IdMap], to: Subject, moment: datetime, *, by: str, method: str, actor: Actor, score: float | None = None, version: str = "") -> None:
    version = version or books.in_force(to.kind).version
    rows = list(maps)
    IdMap.objects.filter(pk__in=[m.pk for m in rows]).update(valid_to=moment)
    IdMap.objects.bulk_create(
        IdMap(source_id=m.source_id, key_index=m.key_index, subject=to, valid_from=moment, by=by, method=method, score=score, model_version=version, account_id=actor.account_id)
        for m in rows
    )


def _void_others(gone: Subject, kept: Subject, settled: CandidatePair | None) -> None:
    """Questions about the record that is gone are questions about the one that stays."""
    waiting = [PairState.OPEN, PairState.SECOND, PairState.LATER]
    for side, far in (("left", "right"), ("right", "left")):
        for pair in CandidatePair.objects.filter(**{side: gone}).exclude(pk=settled.pk if settled else 0):
            other = getattr(pair, f"{far}_id")
            a, b = sorted((other, kept.pk))
            if a == b or CandidatePair.objects.filter(left_id=a, right_id=b).exists():
                if pair.state in waiting:
                    pair.state = PairState.VOID
                    pair.save(update_fields=["state"])
                continue
            if getattr(pair, f"{side}_id") != (a if side == "left" else b):
                pair.left_record, pair.right_record = pair.right_record, pair.left_record
            pair.left_id, pair.right_id = a, b
            pair.save()


@transaction.atomic
def undo_merge(actor: Actor, uid: UUID, *, reason: str) -> Merge:
    """Take a merge back: the record that was gone lives again under its own uid, with the rows that it had.

    Who received the merged record meanwhile stands in `queries.base.tracing.consequences`; subscribers read "split" in the
    feed, and the two are never proposed again by themselves.

    Raises
    ------
    NotMergeable
        It was taken back before, or the record that stayed was itself merged since: that merge goes first.
    """
    reason = reason_of(reason)
    merge = Merge.objects.select_for_update().select_related("kept", "gone").filter(uid=uid).first()
    if merge is None:
        raise NotFound(what="merge")
    kept, gone = locked(merge.kept_id, merge.gone_id)
    actor.require(GOVERN, area_path=kept.area_path)
    if merge.undone_at is not None or kept.state == SubjectState.MERGED or gone.state != SubjectState.MERGED or gone.redirect_id != kept.pk:
        raise NotMergeable
    moment = now()
    held = {(m.source_id, m.key_index): m for m in IdMap.objects.filter(subject=kept, valid_to=None)}
    back = [held[source, key] for source, key in merge.moved if (source, key) in held]
    _move(back, gone, moment, by=By.USER, method="undo", actor=actor)
    gone.state, gone.redirect = SubjectState.LIVE, None
    gone.save(update_fields=["state", "redirect"])
    golden.rebuild([kept], change="split", other=gone)
    golden.rebuild([gone], change="split", other=kept)
    merge.undone_at, merge.undone_by_id, merge.undo_reason = moment, actor.account_id, reason
    merge.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    _apart(actor, kept, gone, reason)
    record(actor, action="datahub.base.unmerged", area_path=kept.area_path, data={"kept": kept.uid, "gone": gone.uid, "merge": merge.uid, "reason": reason})
    return merge


@transaction.atomic
def split(actor: Actor, uid: UUID, record_uids: Sequence[UUID], *, reason: str) -> Subject:
    """Take source rows out of a golden record into one of their own: what a rule joined wrongly.

    Raises
    ------
    BadInput
        None of the rows, or all of them.
    """
    reason = reason_of(reason)
    found = Subject.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound(what="subject")
    (subject,) = locked(found.pk)
    actor.require(GOVERN, area_path=subject.area_path)
    rows = golden.records_of([subject.pk])[subject.pk]
    chosen = [r for r in rows if r.uid in set(record_uids)]
    if not chosen or len(chosen) == len(rows):
        raise BadInput.one("records", "choose", _("Choose some of the rows, not all of them."))
    fresh = Subject.objects.create(kind=subject.kind)
    keys = {(r.source_id, r.key_index) for r in chosen}
    maps = [m for m in IdMap.objects.filter(subject=subject, valid_to=None) if (m.source_id, m.key_index) in keys]
    _move(maps, fresh, now(), by=By.USER, method="split", actor=actor)
    golden.rebuild([subject], change="split", other=fresh)
    golden.rebuild([fresh], change="split", other=subject)
    _apart(actor, subject, fresh, reason)
    record(actor, action="datahub.base.split", area_path=subject.area_path, data={"from": subject.uid, "to": fresh.uid, "rows": len(maps), "reason": reason})
    return fresh


def _apart(actor: Actor, one: Subject, other: Subject, reason: str) -> None:
    """Note that the two are different, so that nothing proposes them again."""
    left, right = sorted((one, other), key=lambda s: s.pk)
    rows = golden.records_of([left.pk, right.pk])
    if not rows[left.pk] or not rows[right.pk]:
        return
    CandidatePair.objects.update_or_create(left=left, right=right, defaults={
        "kind": left.kind, "state": PairState.DIFFERENT, "note": reason, "decided_by_id": actor.account_id, "decided_at": now(), "area_path": left.area_path,
    }, create_defaults={
        "kind": left.kind, "state": PairState.DIFFERENT, "note": reason, "decided_by_id": actor.account_id, "decided_at": now(), "area_path": left.area_path,
        "left_record": rows[left.pk][0], "right_record": rows[right.pk][0], "score": 0.0, "why": GREY, "model_version": books.in_force(left.kind).version,
    })  # fmt: skip


@transaction.atomic
def lock_field(actor: Actor, uid: UUID, field: str, record_uid: UUID, *, until: datetime, reason: str) -> FieldLock:
    """Let one row's value of a field stand until a day, whatever the rules say.

    Raises
    ------
    BadInput
        The row is not of this record, or the day lies behind or more than a year ahead.
    """
    reason = reason_of(reason)
    found = Subject.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound(what="subject")
    (subject,) = locked(found.pk)
    actor.require(GOVERN, area_path=subject.area_path)
    moment = now()
    if not moment < until <= moment + LONGEST_LOCK:
        raise BadInput.one("until", "range", _("A lock ends within a year; then the rules decide again."))
    row: SourceRecord | None = next((r for r in golden.records_of([subject.pk])[subject.pk] if r.uid == record_uid), None)
    if row is None:
        raise BadInput.one("record", "foreign", _("This row is not of this record."))
    FieldLock.objects.filter(subject=subject, field=field, ended_at=None).update(ended_at=moment)
    lock = FieldLock.objects.create(subject=subject, field=field, record=row, until=until, reason=reason, made_by_id=actor.account_id)
    golden.rebuild([subject])
    record(actor, action="datahub.base.locked", area_path=subject.area_path, data={"subject": subject.uid, "field": field, "until": until, "reason": reason})
    return lock


def end_locks() -> int:
    """Let the rules decide again where a lock has run out; daily."""
    with transaction.atomic():
        over = FieldLock.objects.select_for_update().filter(ended_at=None, until__lte=now())
        subjects = {lock.subject_id for lock in over}
        over.update(ended_at=now())
        golden.rebuild(Subject.objects.select_for_update().filter(pk__in=subjects).order_by("pk"))
    return len(subjects)
