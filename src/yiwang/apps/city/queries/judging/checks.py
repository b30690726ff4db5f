"""Reads of double-blind checks (双盲抽查): who may be drawn, the draws, the second checks and where two people disagree."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from yiwang.apps.city.models import CheckDraw, CityCase, FieldMark, SecondCheck
from yiwang.apps.city.queries.field.shifts import longest
from yiwang.apps.city.rules.judging import lottery
from yiwang.apps.city.rules.judging.pairs import Pair, by_pair
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case, CaseActor
from yiwang.kernel.geography.models import GridInspector
from yiwang.kernel.identity.models import Account, Holding

VIEW, SETTLE, CHECK = "city.judging.view", "city.judging.settle", "city.task.check"


@dataclass(frozen=True)
class Lot:
    """Who is in a draw. `why` says why nobody is; `only_on_shift` that others were free too."""

    people: dict[str, int]  # uid of the account: its key
    why: str = ""
    only_on_shift: bool = False


def lot_for(case: Case, *, on_shift_first: bool, without: Collection[int] = ()) -> Lot:
    """Return the inspectors of other responsibility grids who may check there and had no part in the case; five queries at most."""
    grid = CityCase.objects.values_list("responsibility_grid_id", flat=True).get(case=case)
    today = timezone.localdate(now())
    holding = (Q(valid_from__isnull=True) | Q(valid_from__lte=today)) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))
    walked = GridInspector.objects.filter(holding, grid__valid_to__isnull=True, account__is_active=True)
    here = set(walked.filter(grid_id=grid).values_list("account_id", flat=True)) if grid else set()
    there = {pk: str(uid) for pk, uid in walked.exclude(grid_id=grid).values_list("account_id", "account__uid")}
    if not there:
        return Lot({}, "no-other-grid")
    allowed = _may_check(case, set(there) - here)
    if not allowed:
        return Lot({}, "none-may-check")
    hands = set(CaseActor.objects.filter(case=case, account_id__in=allowed).values_list("account_id", flat=True))
    free = allowed - hands - set(without)
    if not free:
        return Lot({}, "all-had-a-part")
    present = _on_shift(free) if on_shift_first else set()
    chosen = present or free
    return Lot({there[pk]: pk for pk in chosen}, only_on_shift=bool(present) and len(present) < len(free))


def _may_check(case: Case, accounts: Collection[int]) -> set[int]:
    """Return which of them hold a post that checks at the place of the case."""
    moment = now()
    ids = [int(part) for part in case.area_path.strip(".").split(".") if part]
    held = (
        Holding.objects.filter(account_id__in=accounts, post__is_active=True, post__role__grants__permission=CHECK, org_scope__isnull=True)
        .filter(Q(area__isnull=True) | Q(area_id__in=ids))
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    )
    return set(held.values_list("account_id", flat=True))


def _on_shift(accounts: Collection[int]) -> set[int]:
    since = now() - longest()
    later = FieldMark.objects.filter(account_id=OuterRef("account_id"), kind="out", shift_uid=OuterRef("shift_uid"), recorded_at__gte=since)
    marks = FieldMark.objects.filter(account_id__in=accounts, kind="in", recorded_at__gte=since, occurred_at__gte=since)
    return set(marks.exclude(Exists(later)).values_list("account_id", flat=True))


def visible_to(actor: Actor) -> QuerySet[SecondCheck]:
    """Return the second checks of the area that the reader supervises."""
    return SecondCheck.objects.filter(held(actor, VIEW), case__mode="live").select_related("case", "case__matter", "account")


def second_for(actor: Actor, uid: UUID) -> SecondCheck:
    """Return one second check of the reader's area, or NotFound; a supervisor who did one of the two checks is no judge of it."""
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="check")
    return found


def mine(actor: Actor) -> QuerySet[SecondCheck]:
    """Return the second checks that were drawn for the reader himself."""
    rows = SecondCheck.objects.filter(account_id=actor.account_id) if actor.account_id is not None else SecondCheck.objects.none()
    return rows.select_related("case", "case__filing_row")


def own_check(actor: Actor, uid: UUID) -> SecondCheck:
    found = mine(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="check")
    return found


def keeps_out(actor: Actor, case: Case) -> bool:
    """Say whether the reader still has a second check of the case before him: until it is done he sees nothing of the first."""
    return actor.account_id is not None and SecondCheck.objects.filter(case=case, account_id=actor.account_id, done_at__isnull=True).exists()


def own_open(actor: Actor, case_uid: UUID) -> UUID | None:
    """Return the second check of a case that waits for the reader."""
    return mine(actor).filter(case__uid=case_uid, done_at__isnull=True).values_list("uid", flat=True).first()


def draws(actor: Actor) -> QuerySet[CheckDraw]:
    """Return the draws of the reader's area, with their seeds."""
    return CheckDraw.objects.filter(held(actor, VIEW, area="case__area_path"), case__mode="live").select_related("case", "case__matter", "seed", "drawn")


def draw_for(actor: Actor, uid: UUID) -> CheckDraw:
    found = draws(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="draw")
    return found


@dataclass(frozen=True)
class Redrawn:
    """A draw done again: everybody with his rank in order, and whether it gives who was drawn. The seed is empty until its day is over."""

    order: list[tuple[str, str, str]]  # uid, name, rank
    agrees: bool
    seed: str
    commitment: str


def redraw(draw: CheckDraw, today: date | None = None) -> Redrawn:
    """Draw again from what is on record."""
    seed, subject = draw.seed.seed, str(draw.case.uid)
    ordered = lottery.order(seed, draw.kind, subject, draw.round, draw.eligible)
    names = {str(a.uid): a.name or a.username for a in Account.objects.filter(uid__in=ordered)}
    drawn = str(draw.drawn.uid) if draw.drawn else ""
    over = draw.seed_id < (today or timezone.localdate(now()))
    rows = [(uid, names.get(uid, uid), lottery.rank(seed, draw.kind, subject, draw.round, uid)) for uid in ordered]
    return Redrawn(rows, (ordered[0] if ordered else "") == drawn, seed if over else "", lottery.commitment(seed))


def disagreement(rows: QuerySet[SecondCheck], since: datetime | None = None, until: datetime | None = None) -> list[Pair]:
    """Return for each pair of people the second checks of a span (by when they were done): disagreements of all; one query."""
    done = rows.filter(done_at__isnull=False, account__isnull=False, first_account_id__isnull=False)
    if since is not None:
        done = done.filter(done_at__gte=since)
    if until is not None:
        done = done.filter(done_at__lt=until)
    rows_of = done.order_by().values_list("first_account_id", "account_id", "agrees")
    return by_pair((first, second, bool(agrees)) for first, second, agrees in rows_of if first is not None)


def names_of(ids: Collection[int]) -> dict[int, str]:
    return {a.pk: a.name or a.username for a in Account.objects.filter(pk__in=ids)}


def counts(actor: Actor) -> dict[str, Any]:
    """Return what waits: second checks open, late, and disagreements to settle; one query each."""
    rows, moment = visible_to(actor), now()
    return {
        "open": rows.filter(done_at__isnull=True, account__isnull=False).count(), "late": rows.filter(done_at__isnull=True, account__isnull=False, due_at__lt=moment).count(),
        "nobody": rows.filter(account__isnull=True).count(), "to_settle": rows.filter(agrees=False, settled_at__isnull=True).count(),
    }  # fmt: skip
