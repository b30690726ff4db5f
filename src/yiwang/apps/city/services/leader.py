"""What a leader writes with one thumb: a decision, a card, an order, a note with his voice; and his weekly letter."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.queries.leader import decisions, settings
from yiwang.apps.city.queries.leader import today as days
from yiwang.apps.city.queries.lists import local_zone
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.files import services as files
from yiwang.kernel.identity.models import Account, Holding, RoleGrant
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.notices.reminding import remind
from yiwang.kernel.supervision import services as supervision
from yiwang.kernel.supervision.contracts import Form, OrderDraft

CARDS = ("red", "yellow")
WAYS = (*CARDS, "order", "note")


@dataclass(frozen=True, kw_only=True)
class Press:
    """How somebody is pressed. `way` is red, yellow, order or note; `reason` is the code of a usual one."""

    way: str
    case: UUID | None = None
    org: UUID | None = None
    reason: str = ""
    text: str = ""
    limit: str = ""  # unit:value of the settings, empty for none


@dataclass(frozen=True)
class Pressed:
    way: str
    uid: UUID
    number: str
    repeated: bool


def press(actor: Actor, wanted: Press, *, sound: Any = None, key: str = "") -> Pressed:
    """Give a card, an order or a note; a repeat with the same key and the same sound is the same one.

    Raises
    ------
    NotPermitted, NotFound, ActionNotAllowed
        As the services of supervision refuse.
    BadInput
        No way or one that does not fit, no words and no sound, a limit that is not offered, a card with a sound, a file that
        is no sound. Nothing was given.
    """
    if not actor.may_anywhere(settings.DESK):
        actor.require(settings.DESK)
    chips = settings.chips()
    if wanted.way not in WAYS or (wanted.way == "note" and wanted.case is None):
        raise BadInput.one("way", "choice", _("Choose one from the list."))
    if wanted.case is None and wanted.org is None:
        raise BadInput.one("org", "required", _("Choose the body or the person that gets the card."))
    usual = dict(chips.press).get(wanted.reason, "")
    text = "：".join(part for part in (usual, wanted.text.strip()) if part)
    if sound is not None and wanted.way in CARDS:
        raise BadInput.one("sound", "card", _("A card carries no sound. Give an order or a note, or say it in words."))
    kept = _sound(actor, sound)
    if not text and kept is None:
        raise BadInput.one("text", "required", _("Choose a reason, type or say what you expect."))
    limit, unit = _limit(wanted.limit, chips)
    text = text or _("Spoken: listen to the voice message.")
    body = {"do": "leader.press", **{k: str(v) for k, v in asdict(wanted).items()}, "sound": kept.original_sha256 if kept else ""}

    def give() -> dict[str, Any]:
        if wanted.way in CARDS:
            card = supervision.give_card(actor, case_uid=wanted.case, colour=wanted.way, reason=text, org_uid=wanted.org)
            return {"uid": str(card.uid), "number": ""}
        draft = OrderDraft(
            title="" if wanted.case else (usual or text)[:80], text=text, form=Form.NOTE if wanted.way == "note" else Form.ORDER,
            cases=(wanted.case,) if wanted.case else (), orgs=(wanted.org,) if wanted.org and not wanted.case else (), limit=limit, unit=unit,
            files=(kept.uid,) if kept else (),
        )  # fmt: skip
        made = supervision.order(actor, draft)
        return {"uid": str(made.uid), "number": made.number}

    answer, repeated = once(actor, key, body, give)
    return Pressed(wanted.way, UUID(answer["uid"]), answer["number"], repeated)


def _sound(actor: Actor, sound: Any) -> Any:
    """Keep a voice message; it belongs to nobody until the order claims it."""
    if sound is None:
        return None
    row = files.store_upload(actor=actor, file=sound, stage="other")
    if row.kind != "audio":
        raise BadInput.one("sound", "kind", _("This is no sound. Record the message once more."))
    return row


def _limit(given: str, chips: settings.Chips) -> tuple[int | None, str]:
    if not given:
        return None, "work_day"
    found = next(((value, unit) for unit, value in chips.limits if f"{unit}:{value}" == given), None)
    if found is None:
        raise BadInput.one("limit", "choice", _("Choose one from the list."))
    return found


def decide(actor: Actor, task_uid: UUID, outcome: str, *, reason: str = "", text: str = "", version: int | None = None, key: str = "") -> bool:
    """Agree to a request or turn it down, once for a key; says whether it was a repeat.

    Raises
    ------
    NotFound, NotPermitted, SameHands, ActionNotAllowed, CaseChanged
        As the case's own action refuses: none of his, asked for by himself, decided by somebody else meanwhile.
    BadInput
        Neither yes nor no, or a no without a reason.
    """
    task = decisions.task_of(actor, task_uid)
    if outcome not in ("agree", "deny"):
        raise BadInput.one("outcome", "choice", _("Choose one from the list."))
    chips = settings.chips()
    usual = dict(chips.agree if outcome == "agree" else chips.deny).get(reason, "")
    words = "：".join(part for part in (usual, text.strip()) if part)
    if outcome == "deny" and not words:
        raise BadInput.one("text", "required", _("Say why not: a usual reason, or in words."))
    wanted = ActionRequest(action="complete", case_uid=task.case.uid, task_uid=task.uid, outcome=outcome, reason=words, version=version)
    body = {"do": "leader.decide", "task": str(task_uid), "outcome": outcome, "reason": words}
    _answer, repeated = once(actor, key, body, lambda: {"state": cases.act(actor, wanted).state})
    return repeated


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def send_letters(at: datetime | None = None) -> int:
    """Tell every leader of the week that ended, once a week and person; returns how many messages were new (每周一信)."""
    moment = at or now()
    first = monday(timezone.localtime(moment, local_zone()).date()) - timedelta(days=7)
    roles = RoleGrant.objects.filter(permission=settings.DESK).values("role_id")
    posts = Holding.objects.filter(post__role__in=roles, post__is_active=True)
    event, told = uuid5(NAMESPACE_URL, f"city.leader.week:{first.isoformat()}"), 0
    for account in Account.objects.filter(is_active=True, pk__in=posts.values("account_id")).order_by("pk"):
        actor = actor_for(account)
        if not actor.may_anywhere(settings.DESK):
            continue  # his post has ended
        found = days.week(actor, first, oldest=0)
        facts = {
            "first": first.isoformat(), "reported": found.counts["reported"].now, "closed": found.counts["closed"].now, "red": found.red.red_cards,
            "late": found.red.overdue_tasks, "orders": found.orders["given"], "undone": found.orders["waiting"],
        }  # fmt: skip
        told += remind(
            account_ids=[account.pk], kind="city.leader.week", title={lang: words % facts for lang, words in TITLE.items()},
            body={lang: words % facts for lang, words in BODY.items()}, link=f"/city/leader/week/?of={first.isoformat()}", event_uid=event,
            channels=("mail", "chat"),
        )  # fmt: skip
    return told


TITLE = {"zh-Hans": "每周一信：%(first)s 起的一周", "en": "Weekly letter: the week from %(first)s"}
BODY = {
    "zh-Hans": "上报 %(reported)s 件，结案 %(closed)s 件；现有超期任务 %(late)s 项，未说明红牌 %(red)s 张；您下达督办、批示 %(orders)s 项，未答复 %(undone)s 项。",
    "en": "Reported %(reported)s, ended %(closed)s; overdue now %(late)s, red cards not explained %(red)s; you gave %(orders)s orders and notes, %(undone)s wait.",
}
