"""Double-blind checks (双盲抽查): the lot decides who checks, a share of closed cases is checked again, disagreements are settled."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CheckDraw, LotterySeed, SecondCheck
from yiwang.apps.city.queries.judging import checks as queries
from yiwang.apps.city.queries.judging.settings import values
from yiwang.apps.city.rules.judging import lottery
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.errors import SameHands
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.files import queries as files
from yiwang.kernel.files.services import claim
from yiwang.kernel.notices import services as notices

FILES = "second_check"
OUTCOMES, VERDICTS = ("pass", "fail"), ("first", "second", "unclear")


def seed_of_today() -> LotterySeed:
    """Return the seed of the day; made at its first draw, and its hash recorded before anybody is drawn by it."""
    day = timezone.localdate(now())
    found = LotterySeed.objects.filter(pk=day).first()
    if found is not None:
        return found
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"city.lottery:{day}"])
        found, made = LotterySeed.objects.get_or_create(day=day, defaults={"seed": secrets.token_hex(32), "made_at": now()})
        if made:
            audit.record(system("lottery"), action="city.lottery.seed", data={"day": day.isoformat(), "commitment": lottery.commitment(found.seed)})
    return found


def draw(case: Case, kind: str, *, without: Collection[int] = ()) -> CheckDraw:
    """Draw who checks a case, under its row lock, and keep the draw; nobody when the lot is empty."""
    lot = queries.lot_for(case, on_shift_first=bool(values("blind")["on_shift_first"]), without=without)
    seed, turn = seed_of_today(), CheckDraw.objects.filter(case=case, kind=kind).count() + 1
    ordered = lottery.order(seed.seed, kind, str(case.uid), turn, lot.people)
    return CheckDraw.objects.create(
        case=case, kind=kind, round=turn, seed=seed, eligible=sorted(lot.people), drawn_id=lot.people[ordered[0]] if ordered else None,
        why_none="" if ordered else lot.why, only_on_shift=lot.only_on_shift, drawn_at=now(),
    )  # fmt: skip


def before_check(context: ActionContext) -> None:
    """发核查: the lot falls before the task is opened; the event says how many were in it and where to see it, and no name."""
    made = draw(context.case, lottery.CHECK)
    context.event_data["draw"] = {"uid": str(made.uid), "eligible": len(made.eligible), "nobody": made.why_none}


def drawn_for(case: Case) -> int | None:
    """Return whom the last draw chose for the check that is about to be opened; None: whoever holds the post there."""
    return CheckDraw.objects.filter(case=case, kind=lottery.CHECK, task_uid__isnull=True).order_by("-pk").values_list("drawn_id", flat=True).first()


def after(context: ActionContext) -> None:
    """Tie the draw to the task it was for; and when a checked case closes, let the lot say whether it is checked again."""
    case = context.case
    if "draw" in context.event_data:
        task = Task.all_modes.filter(case=case, step="check", kind="process", state="open").order_by("-pk").values_list("uid", flat=True).first()
        CheckDraw.objects.filter(case=case, kind=lottery.CHECK, task_uid__isnull=True).update(task_uid=task)
    if case.outcome == "closed" and context.request.outcome == "close" and case.mode == "live" and not case.is_sample:
        _maybe_second(case)


def _maybe_second(case: Case) -> None:
    share = float(values("blind")["second_share"])
    if share > 0 and lottery.is_chosen(seed_of_today().seed, lottery.SAMPLE, str(case.uid), share):
        open_second(case)


def open_second(case: Case) -> SecondCheck | None:
    """Draw who looks again at a case that was checked and closed, and tell him; None when it was not checked, or is looked at again already."""
    figures = values("blind")
    first = Task.all_modes.filter(case=case, step="check", kind="process", state="done").order_by("-done_at", "-pk").first()
    if first is None or SecondCheck.objects.filter(case=case).exists():
        return None
    made = draw(case, lottery.SECOND)
    row = SecondCheck.objects.create(
        case=case, area_path=case.area_path, account=made.drawn, first_account_id=first.done_by_id, first_task_uid=first.uid, first_outcome=first.outcome,
        opened_at=now(), due_at=now() + timedelta(hours=float(figures["second_hours"])),
    )  # fmt: skip
    _tell(row)
    return row


def _tell(row: SecondCheck) -> None:
    if row.account_id is not None:
        title = {"zh-Hans": "请到现场核查一个案件", "en": "Please check a case on site"}
        body = {"zh-Hans": row.case.title[:120], "en": row.case.title[:120]}
        notices.notify(
            account_id=row.account_id, kind="city.check", title=title, body=body, link=reverse("city:second", args=[row.uid]), event_uid=row.uid
        )


def answer(actor: Actor, uid: UUID, *, outcome: str, reason: str = "", photos: Sequence[UUID] = (), key: str = "") -> bool:
    """Say what the second look found; returns whether it agrees with the first. Done once, by who was drawn, with a photo.

    Raises
    ------
    NotFound
        There is no such check, or it is somebody else's.
    AlreadyDone
        It has been answered.
    BadInput
        No outcome, no photo, or a failure without its reason.
    """

    def work() -> Answer:
        if actor.account_id is None:
            raise NotFound(what="check")
        row = SecondCheck.objects.select_for_update(of=("self",)).filter(uid=uid, account_id=actor.account_id).select_related("case").first()
        if row is None:
            raise NotFound(what="check")
        if row.done_at is not None:
            raise AlreadyDone
        if outcome not in OUTCOMES:
            raise BadInput.one("outcome", "unknown", _("Choose one from the list."))
        if outcome == "fail" and not reason.strip():
            raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
        claim(actor=actor, uids=list(photos), subject_kind=FILES, subject_uid=row.uid, area_path=row.area_path, stage="check")
        if not files.photos_among(photos):
            raise BadInput.one("files", "required", _("A photo from the place is needed."))
        row.outcome, row.reason, row.done_at = outcome, reason.strip()[:2000], now()
        row.agrees = outcome == row.first_outcome
        row.save()
        audit.record(
            actor, action="city.check.second", area_path=row.area_path, outcome=outcome,
            data={"check": str(row.uid), "case": str(row.case.uid), "agrees": row.agrees, "reason": row.reason},
        )  # fmt: skip
        return {"agrees": row.agrees}

    body = {"uid": str(uid), "outcome": outcome, "reason": reason}
    return bool(once(actor, key, body, work)[0]["agrees"])


@transaction.atomic
def redraw_second(actor: Actor, uid: UUID, reason: str) -> SecondCheck:
    """Draw another person for a second check that nobody has done (ill, gone); who was drawn before is not in the lot.

    Raises
    ------
    NotPermitted, NotFound, AlreadyDone, BadInput
        Not his to settle, not there, answered meanwhile, or no reason.
    """
    row = _locked(actor, uid)
    if row.done_at is not None:
        raise AlreadyDone
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    before = set(CheckDraw.objects.filter(case=row.case, kind=lottery.SECOND, drawn__isnull=False).values_list("drawn_id", flat=True))
    Case.all_modes.select_for_update(of=("self",)).get(pk=row.case_id)
    made = draw(row.case, lottery.SECOND, without={pk for pk in before if pk is not None})
    row.account = made.drawn
    row.due_at = now() + timedelta(hours=float(values("blind")["second_hours"]))
    row.save(update_fields=["account", "due_at"])
    audit.record(actor, action="city.check.redrawn", area_path=row.area_path, data={"check": str(row.uid), "draw": str(made.uid), "reason": reason.strip()[:500]})
    _tell(row)
    return row


@transaction.atomic
def settle(actor: Actor, uid: UUID, *, verdict: str, reason: str) -> SecondCheck:
    """Say which of two checks that disagree was right (or that nobody can say); once, by neither of the two people.

    Raises
    ------
    NotPermitted, NotFound, AlreadyDone
        Not his to settle, not there, or settled before.
    SameHands
        He did one of the two checks.
    BadInput
        They agree or the second is not done; no verdict or no reason.
    """
    row = _locked(actor, uid)
    if row.settled_at is not None:
        raise AlreadyDone
    if actor.account_id in (row.first_account_id, row.account_id):
        raise SameHands(acted_in=_("Check on site"), step=_("settling the disagreement"))
    if row.agrees is not False:
        raise BadInput.one("verdict", "nothing", _("There is no disagreement to settle."))
    if verdict not in VERDICTS:
        raise BadInput.one("verdict", "unknown", _("Choose one from the list."))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.verdict, row.verdict_reason, row.settled_at = verdict, reason.strip()[:2000], now()
    row.settled_by_id, row.settled_by_name = actor.account_id, actor.recorded_name[:80]
    row.save()
    audit.record(actor, action="city.check.settled", area_path=row.area_path, outcome=verdict, data={"check": str(row.uid), "case": str(row.case.uid), "reason": row.verdict_reason})
    return row


def _locked(actor: Actor, uid: UUID) -> SecondCheck:
    row = SecondCheck.objects.select_for_update(of=("self",)).filter(uid=uid).select_related("case").first()
    if row is None or not actor.may(queries.VIEW, area_path=row.area_path):
        raise NotFound(what="check")
    if not actor.may(queries.SETTLE, area_path=row.area_path):
        raise NotPermitted(permission=queries.SETTLE)
    return row


def may_see_files(actor: Actor, uid: UUID) -> bool:
    """Say whether the photos of a second check are the reader's to see: his own, or of the area that he supervises."""
    row = SecondCheck.objects.filter(uid=uid).first()
    return row is not None and ((row.account_id is not None and row.account_id == actor.account_id) or actor.may(queries.VIEW, area_path=row.area_path))
