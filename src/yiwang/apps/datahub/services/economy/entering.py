"""Figures are added, never changed: a first one, a later revision with its reason, and a second person's release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import FigureDoubtful, FigureNotNow
from yiwang.apps.datahub.models import EconomicFigure, EconomicSeries, FigureState, FigureStatus
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy import doubts
from yiwang.apps.datahub.rules.economy.periods import Period, from_code
from yiwang.apps.datahub.services.economy import words
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure to be kept; None takes the period's figure back. `place` names the cell of a sheet."""

    period: Period
    value: Decimal | None
    place: str = ""


@dataclass(slots=True)
class Written:
    """What became of the figures given. `refused` and `doubtful` are (place, code or sentence) of those that cannot be kept."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0
    waiting: int = 0

    def add(self, other: Written) -> None:
        self.new += other.new
        self.revised += other.revised
        self.unchanged += other.unchanged
        self.waiting += other.waiting


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What all figures of one publication share."""

    status: str
    released_on: date
    reason: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why one figure is not kept: a code of `words.why`, or of a doubt with what it was compared with."""

    period: Period
    place: str
    code: str
    before: Decimal | None = None

    @property
    def words(self) -> str:
        return words.why(self.code) if self.before is None else words.doubt(self.code, self.before)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written for one series."""

    rows: list[EconomicFigure]
    unchanged: int
    refused: list[Objection]
    doubtful: list[Objection]

    @property
    def written(self) -> Written:
        new = sum(1 for r in self.rows if r.revision == 1)
        waits = sum(1 for r in self.rows if r.state == FigureState.WAITING)
        return Written(new=new, revised=len(self.rows) - new, unchanged=self.unchanged, waiting=waits)


def check(publication: Publication) -> None:
    """Refuse a publication that is none.

    Raises
    ------
    BadInput
    """
    if publication.status not in FigureStatus.values:
        raise BadInput.one("status", "choice", _("Choose preliminary, revised or finally verified."))
    if publication.released_on > timezone.localdate(now()):
        raise BadInput.one("released_on", "future", _("The release lies in the future."))


@dataclass(frozen=True, slots=True)
class Past:
    """What there is of several series: the last figure of each period that counts or waits, and the highest revision."""

    last: dict[tuple[int, str], EconomicFigure]
    tops: dict[tuple[int, str], int]
    known: dict[int, dict[Period, reads.Told]]


def past(wanted: Mapping[int, Sequence[Entry]]) -> Past:
    """Return the past of the figures that are to come, by series; two queries however many there are."""
    found = Past({}, {}, reads.known(list(wanted)))
    periods = {str(e.period) for entries in wanted.values() for e in entries}
    for figure in EconomicFigure.objects.filter(series_id__in=list(wanted), period__in=periods).order_by("revision"):
        key = (figure.series_id, figure.period)
        found.tops[key] = figure.revision
        if figure.state != FigureState.REJECTED:
            found.last[key] = figure
    return found


def plan(actor: Actor, series: EconomicSeries, entries: Sequence[Entry], publication: Publication, before: Past) -> Plan:
    """Compare figures with what is known; the caller holds the series' lock when he writes them."""
    values = {p: t.value for p, t in before.known[series.pk].items()}
    coming = values | {e.period: e.value for e in entries if e.value is not None}
    made = Plan([], 0, [], [])
    unchanged, moment = 0, now()
    state = FigureState.WAITING if series.grade >= settings.ECONOMY_SECOND_PERSON_GRADE else FigureState.RELEASED
    for entry in entries:
        known = before.last.get((series.pk, str(entry.period)))
        if known is not None and known.value == entry.value and known.status == publication.status:
            unchanged += 1
            continue
        code = _refusal(known, entry, publication)
        if code:
            made.refused.append(Objection(entry.period, entry.place, code))
            continue
        others = {p: v for p, v in coming.items() if p != entry.period}
        if entry.value is not None and (found := doubts.doubt(entry.period, entry.value, others, kind=series.kind, cumulative=series.is_cumulative)):
            made.doubtful.append(Objection(entry.period, entry.place, *found))
        made.rows.append(EconomicFigure(
            series=series, period=str(entry.period), start_on=entry.period.start, revision=before.tops.get((series.pk, str(entry.period)), 0) + 1, value=entry.value,
            status=publication.status, reason=publication.reason.strip()[:300] if known is not None else "", released_on=publication.released_on,
            origin=f"{publication.origin} {entry.place}".strip()[:200], state=state, made_by_id=actor.account_id, made_at=moment,
        ))  # fmt: skip
    return Plan(made.rows, unchanged, made.refused, made.doubtful)


def _refusal(known: EconomicFigure | None, entry: Entry, publication: Publication) -> str:
    if known is None:
        return "not_number" if entry.value is None else ""
    if known.state == FigureState.WAITING:
        return "waits"
    if publication.released_on < known.released_on:
        return "older"
    return "revised_without_reason" if known.value != entry.value and not publication.reason.strip() else ""


@transaction.atomic
def put(actor: Actor, uid: UUID, entry: Entry, publication: Publication, *, sure: bool = False) -> Written:
    """Keep one figure: the first of its period, or its next revision. The same again writes nothing.

    Raises
    ------
    NotFound
        No series that the actor enters figures for.
    BadInput
        It is of another kind of period, changes without a reason, or is older than the one known.
    FigureDoubtful
        It looks like a mistake and `sure` is not said.
    """
    series = lock([reads.entered_for(actor, uid).pk])[0]
    actor.require(reads.ENTER, area_path=series.area_path, org_path=series.org_path)
    check(publication)
    if entry.period.kind != series.period_kind:
        raise BadInput.one("period", "period_kind", words.why("period_kind"))
    made = plan(actor, series, [entry], publication, past({series.pk: [entry]}))
    for objection in made.refused:
        field = {"older": "released_on", "revised_without_reason": "reason", "not_number": "value"}.get(objection.code, "period")
        raise BadInput.one(field, objection.code, objection.words)
    if made.doubtful and not sure:
        raise FigureDoubtful(said=made.doubtful[0].words)
    if made.rows:
        EconomicFigure.objects.bulk_create(made.rows)
        audit.record(actor, action="datahub.figure.given", area_path=series.area_path, data={
            "series": series.code, "period": str(entry.period), "revision": made.rows[0].revision, "status": publication.status, "waits": made.written.waiting > 0,
        })  # fmt: skip
    return made.written


def lock(ids: Sequence[int]) -> list[EconomicSeries]:
    """Return the series, locked in one order so that two writers wait instead of meeting."""
    rows = EconomicSeries.objects.select_for_update(of=("self",)).select_related("indicator", "area", "org")
    return list(rows.filter(pk__in=ids).order_by("pk"))


@transaction.atomic
def decide(actor: Actor, uid: UUID, *, release: bool, said: str = "") -> EconomicFigure:
    """Release a figure that waits, or do not; never who gave it.

    Raises
    ------
    NotFound, NotPermitted
    FigureNotNow
        It does not wait any more.
    BadInput
        He gave it himself, or refuses it without a reason.
    """
    found = reads.waiting_for(actor, uid)
    lock([found.series_id])
    found = EconomicFigure.objects.select_for_update(of=("self",)).select_related("series").get(pk=found.pk)
    actor.require(reads.RELEASE, area_path=found.series.area_path, org_path=found.series.org_path)
    if found.state != FigureState.WAITING:
        raise FigureNotNow(state=str(found.get_state_display()))
    if found.made_by_id is not None and found.made_by_id == actor.account_id:
        raise BadInput.one("said", "self", _("Who gave a figure does not release it."))
    if not release and not said.strip():
        raise BadInput.one("said", "required", _("Say why it is not released."))
    found.state, found.decision = (FigureState.RELEASED if release else FigureState.REJECTED), said.strip()[:300]
    found.decided_by_id, found.decided_at = actor.account_id, now()
    found.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    audit.record(actor, action="datahub.figure.decided", area_path=found.series.area_path, outcome=str(found.state), data={"series": found.series.code, "period": found.period, "revision": found.revision})
    return found


def period_from(text: str, kind: str) -> Period:
    """Return the period that somebody typed; BadInput when it is none of the kind."""
    from yiwang.apps.datahub.rules.economy.periods import period_of, span_of

    span = span_of(text)
    found = from_code(text.strip()) or (period_of(span, kind, cumulative=True) if span else None)
    if found is None or found.kind != kind:
        raise BadInput.one("period", "period_kind", _("Write the period as 2026, 2026H1, 2026Q3 or 2026-03, as the series has it."))
    return found
