"""Issuing bulletins (通报): by hand or by plan; numbered, kept as they are, and told to whoever the plan names."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.indicators.contracts import Period, PeriodKind
from yiwang.kernel.indicators.errors import PeriodStillRuns
from yiwang.kernel.indicators.models import Bulletin, BulletinPlan
from yiwang.kernel.indicators.queries import bulletins as queries
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import results
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services.closing import PUBLISH
from yiwang.kernel.indicators.services.permitting import require
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.models import Channel
from yiwang.kernel.notices.services import notify_many

KINDS = (PeriodKind.WEEK, PeriodKind.MONTH)
_LOCK = 0x79774255


@transaction.atomic
def issue(actor: Actor, schemes: Sequence[str], period: Period, *, area_path: str = "", remark: str = "", plan: BulletinPlan | None = None) -> Bulletin:
    """Issue a bulletin about a period that has ended; its tables are public inside the government from then on.

    Raises
    ------
    NotPermitted, NotFound
    BadInput
        No scheme, an unknown one, or a remark that cannot be shown.
    PeriodStillRuns
    """
    require(actor, PUBLISH, area_path=area_path)
    chosen = _schemes(schemes)
    if not texts.is_showable(remark) or len(remark) > 1000:
        raise BadInput.one("remark", "text", _("The remark has at most 1,000 characters that can be shown."))
    if not results.zones_end(period):
        raise PeriodStillRuns(period=period.code)
    held = queries.content(system("bulletin", request_id=actor.request_id), chosen, period, area_path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    year = period.last.year
    last = Bulletin.objects.filter(kind=period.kind.value, year=year).order_by("-serial").values_list("serial", flat=True).first()
    made = Bulletin.objects.create(
        year=year, serial=(last or 0) + 1, kind=period.kind.value, period=period.code, first=period.first, last=period.last, area_path=area_path,
        schemes=chosen, remark=remark.strip(), content=held, sha256=digest(held), plan=plan, issued_at=now(), issued_by_name=actor.recorded_name,
    )  # fmt: skip
    record(actor, action="indicators.bulletin.issued", outcome=f"{made.kind} {made.year} {made.serial}", area_path=area_path,
           data={"bulletin": str(made.uid), "sha256": made.sha256, "schemes": chosen, "period": made.period})  # fmt: skip
    return made


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _schemes(schemes: Sequence[str]) -> list[str]:
    known = catalogues.on_day(now().date()).schemes
    chosen = list(dict.fromkeys(s for s in schemes if s))
    if not chosen or any(s not in known for s in chosen):
        raise BadInput.one("scheme", "required", _("Choose at least one scheme."))
    return chosen


@transaction.atomic
def plan(
    actor: Actor, *, name: str, schemes: Sequence[str], kind: str, day: int, hour: int, roles: Sequence[str], by_mail: bool = False, area_path: str = "",
) -> BulletinPlan:  # fmt: skip
    """Let a bulletin be made and sent by itself, every week or month.

    Raises
    ------
    NotPermitted
    BadInput
        Names each field that cannot be taken.
    """
    require(actor, PUBLISH, area_path=area_path)
    errors = []
    if not name.strip() or len(name) > 80 or not texts.is_showable(name):
        errors.append({"field": "name", "code": "required", "message": str(_("Give the plan a name, of 80 characters at most."))})
    if kind not in {k.value for k in KINDS} or not 1 <= day <= (7 if kind == "week" else 28) or not 0 <= hour <= 23:
        errors.append({"field": "day", "code": "range", "message": str(_("Choose a day of the week (1 to 7) or of the month (1 to 28), and an hour."))})
    known = {code for code, _name in queries.roles()}
    if not roles or any(r not in known for r in roles):
        errors.append({"field": "role", "code": "required", "message": str(_("Choose at least one role whose holders may see rankings."))})
    if errors:
        raise BadInput(errors=tuple(errors))
    made = BulletinPlan.objects.create(
        name=name.strip(), schemes=_schemes(schemes), kind=kind, day=day, hour=hour, roles=list(dict.fromkeys(roles)), by_mail=by_mail,
        area_path=area_path, created_at=now(), created_by_name=actor.recorded_name,
    )  # fmt: skip
    record(actor, action="indicators.bulletin.planned", outcome=made.name, area_path=area_path,
           data={"plan": str(made.uid), "kind": kind, "day": day, "hour": hour, "roles": made.roles, "schemes": made.schemes})  # fmt: skip
    return made


@transaction.atomic
def end_plan(actor: Actor, uid: str) -> BulletinPlan:
    """End a plan; what it made stays. Again changes nothing."""
    held = BulletinPlan.objects.select_for_update().filter(uid=uid).first()
    if held is None:
        raise NotFound(what="plan")
    require(actor, PUBLISH, area_path=held.area_path)
    if held.ended_at is None:
        held.is_active, held.ended_at = False, now()
        held.save(update_fields=["is_active", "ended_at"])
        record(actor, action="indicators.bulletin.plan-ended", outcome=held.name, area_path=held.area_path, data={"plan": str(held.uid)})
    return held


def due(held: BulletinPlan, moment: datetime) -> Period | None:
    """Return the period that a plan owes a bulletin for at a moment: the one that ended before its last sending time.

    What was owed before the plan was made is not made up for; after days without a worker only the newest is sent.
    """
    local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
    present = periods.of_day(PeriodKind(held.kind), local.date())
    sends = datetime.combine(present.first + timedelta(days=held.day - 1), time(held.hour), local.tzinfo)
    if local < sends or sends < held.created_at:
        return None
    return periods.before(present)


def send_due() -> int:
    """Issue and send what plans owe now; returns how many. Safe to repeat and to run twice at once."""
    made = 0
    for pk in BulletinPlan.objects.filter(is_active=True).values_list("pk", flat=True):
        with transaction.atomic():
            held = BulletinPlan.objects.select_for_update().get(pk=pk)
            period = due(held, now())
            if period is None or not held.is_active or held.bulletins.filter(period=period.code).exists():
                continue
            known = catalogues.on_day(now().date()).schemes
            schemes = [s for s in held.schemes if s in known]
            if not schemes:
                continue
            send(issue(system("bulletin"), schemes, period, area_path=held.area_path, plan=held))
            made += 1
    return made


@transaction.atomic
def send(bulletin: Bulletin, roles: Sequence[str] = (), *, by_mail: bool = False) -> int:
    """Tell the receivers (those of its plan unless roles are given), each once; returns how many people there are."""
    codes, mail = (bulletin.plan.roles, bulletin.plan.by_mail) if bulletin.plan and not roles else (roles, by_mail)
    people = queries.receivers(codes)
    link = f"/indicators/bulletins/{bulletin.uid}/"
    week = bulletin.kind == PeriodKind.WEEK
    facts = {"first": bulletin.first.isoformat(), "last": bulletin.last.isoformat(), "n": bulletin.serial, "year": bulletin.year}
    title = {
        "zh-Hans": ("综合评价周通报%(year)s年第%(n)s期（%(first)s至%(last)s）" if week else "综合评价月通报%(year)s年第%(n)s期（%(first)s至%(last)s）") % facts,
        "en": ("Weekly bulletin %(n)s of %(year)s (%(first)s to %(last)s)" if week else "Monthly bulletin %(n)s of %(year)s (%(first)s to %(last)s)") % facts,
    }
    body = {"zh-Hans": f"{title['zh-Hans']}已发布，请登录平台查看：{link}", "en": f"{title['en']} is published. Sign in to read it: {link}"}
    channels = [Channel.IN_APP, *([Channel.MAIL] if mail else [])]
    notify_many(
        Message(kind="indicators.bulletin", title=title, body=body, account_id=person.pk, channel=channel, link=link, subject_kind="bulletin",
                subject_uid=bulletin.uid, event_uid=bulletin.uid)
        for person in people for channel in channels if channel == Channel.IN_APP or person.email
    )  # fmt: skip
    Bulletin.objects.filter(pk=bulletin.pk).update(told=len(people))
    return len(people)
