"""While an emergency runs: give a task to somebody, end it, send messages, write into the log, end the whole."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.city.errors import EmergencyOver
from yiwang.apps.city.models import Emergency, EmergencyLine, EmergencyTask
from yiwang.apps.city.queries import emergency as queries
from yiwang.apps.city.queries.judging.settings import values
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices.reminding import remind

MOST_TEXT = 1000
TITLE = {"zh-Hans": "应急任务：{title}", "en": "Emergency task: {title}"}
SAID = {"zh-Hans": "应急通知：{title}", "en": "Emergency: {title}"}


def write_line(emergency: Emergency, actor: Actor, kind: str, text: str, data: Mapping[str, Any] | None = None) -> EmergencyLine:
    """Add a line to the log and one to the record (which keeps no typed text: the log does)."""
    audit.record(
        actor, action=f"city.emergency.{kind}", area_path=emergency.area_path, mode=emergency.case.mode,
        data={"emergency": str(emergency.uid), "case": str(emergency.case.uid), **(data or {})},
    )  # fmt: skip
    return EmergencyLine.objects.create(emergency=emergency, at=now(), kind=kind, text=text, data=dict(data or {}), by_name=actor.recorded_name)


def tell_accounts(emergency: Emergency, accounts: Iterable[int], text: str, *, kind: str) -> list[int]:
    """Tell each in the platform and by the ways that the figures of emergencies name, inside the caller's transaction; returns whom."""
    ids = sorted(set(accounts))
    pattern = TITLE if kind == "city.emergency.task" else SAID
    title = {language: words.replace("{title}", emergency.case.title)[:200] for language, words in pattern.items()}
    made_up = emergency.case.is_sample or emergency.case.mode != "live"  # a rehearsal or a made case wakes nobody outside
    remind(
        account_ids=ids, kind=kind, title=title, body=dict.fromkeys(title, text), link=reverse("city:emergency", args=[emergency.uid]), subject_kind="case",
        subject_uid=emergency.case.uid, is_sample=emergency.case.is_sample, urgent=True, channels=() if made_up else values("emergency")["channels"],
    )  # fmt: skip
    return ids


def _text(value: str, field: str) -> str:
    found = value.strip()
    if not found or len(found) > MOST_TEXT or not is_showable(found):
        raise BadInput.one(field, "length", _("1 to %(most)s characters.") % {"most": MOST_TEXT})
    return found


def _do(actor: Actor, uid: UUID, key: str, body: Mapping[str, Any], work: Callable[[Emergency], None], *, command: bool = True) -> Emergency:
    """Run one act of a running emergency in one transaction, once a key, its row locked."""

    def run() -> Answer:
        seen = queries.for_actor(actor, uid)
        emergency = Emergency.objects.select_for_update(of=("self",)).select_related("case", "plan").get(pk=seen.pk)
        if command:
            actor.require(queries.COMMAND, area_path=emergency.area_path)
        if emergency.ended_at is not None:
            raise EmergencyOver(by=emergency.ended_by_name)
        work(emergency)
        return {"uid": str(uid)}

    once(actor, key, {"emergency": str(uid), **body}, run)
    return Emergency.objects.select_related("case", "plan").get(uid=uid)


def _task(emergency: Emergency, uid: UUID | None) -> EmergencyTask:
    found = EmergencyTask.objects.filter(emergency=emergency, uid=uid).first() if uid else None
    if found is None:
        raise NotFound(what="task")
    return found


def assign(*, actor: Actor, emergency: UUID, task: UUID | None, account: UUID | None, key: str = "") -> Emergency:
    """Give a task to somebody of those who may get one, and tell him.

    Raises
    ------
    NotFound, NotPermitted, EmergencyOver
    BadInput
        He is none of those, or the task is done.
    """

    def work(running: Emergency) -> None:
        row = _task(running, task)
        person = next((a for a in queries.people_for(running) if a.uid == account), None)
        if person is None:
            raise BadInput.one("account", "unknown", _("Choose somebody of the list."))
        if row.done_at is not None:
            raise BadInput.one("task", "done", _("This task is done already."))
        if row.account_id == person.pk:
            return
        row.account = person
        row.save(update_fields=["account"])
        write_line(running, actor, "assigned", "", {"task": row.seq, "account": person.pk})
        tell_accounts(running, [person.pk], texts.pick(row.what), kind="city.emergency.task")

    return _do(actor, emergency, key, {"do": "assign", "task": str(task), "account": str(account)}, work)


def finish(*, actor: Actor, emergency: UUID, task: UUID | None, note: str = "", key: str = "") -> Emergency:
    """End a task: by whoever has it, or by the command. Done twice, the first stands.

    Raises
    ------
    NotFound, NotPermitted, EmergencyOver, BadInput
    """

    def work(running: Emergency) -> None:
        row = _task(running, task)
        if row.account_id != actor.account_id:
            actor.require(queries.COMMAND, area_path=running.area_path)
        if row.done_at is not None:
            return
        said = _text(note, "note")[:500] if note.strip() else ""
        row.done_at, row.done_by_name, row.note = now(), actor.recorded_name, said
        row.save(update_fields=["done_at", "done_by_name", "note"])
        write_line(running, actor, "done", said, {"task": row.seq})

    return _do(actor, emergency, key, {"do": "finish", "task": str(task), "note": note}, work, command=False)


def say(*, actor: Actor, emergency: UUID, text: str, key: str = "") -> Emergency:
    """Write into the log: by the command, or by whoever has a task in it."""

    def work(running: Emergency) -> None:
        if not queries.may_command(actor, running) and not EmergencyTask.objects.filter(emergency=running, account=actor.account_id or 0).exists():
            actor.require(queries.COMMAND, area_path=running.area_path)
        write_line(running, actor, "said", _text(text, "text"))

    return _do(actor, emergency, key, {"do": "say", "text": text}, work, command=False)


def tell(*, actor: Actor, emergency: UUID, accounts: Iterable[UUID], text: str, key: str = "") -> Emergency:
    """Send a message to people of the list; the log keeps it."""
    wanted = sorted({str(a) for a in accounts})

    def work(running: Emergency) -> None:
        said = _text(text, "text")
        people: list[Account] = [a for a in queries.people_for(running) if str(a.uid) in wanted]
        if not people or len(people) != len(wanted):
            raise BadInput.one("account", "unknown", _("Choose somebody of the list."))
        told = tell_accounts(running, [a.pk for a in people], said, kind="city.emergency.said")
        write_line(running, actor, "told", said, {"accounts": told})

    return _do(actor, emergency, key, {"do": "tell", "accounts": wanted, "text": text}, work)


def end(*, actor: Actor, emergency: UUID, summary: str, key: str = "") -> Emergency:
    """End the emergency with a summary; a note on the case says so.

    Raises
    ------
    NotFound, NotPermitted, EmergencyOver, BadInput
    """

    def work(running: Emergency) -> None:
        said = _text(summary, "summary")
        running.ended_at, running.ended_by_name, running.summary = now(), actor.recorded_name, said
        running.save(update_fields=["ended_at", "ended_by_name", "summary"])
        write_line(running, actor, "ended", said)
        cases.act(actor, ActionRequest(action="note", case_uid=running.case.uid, reason=_("The emergency has ended: %(summary)s") % {"summary": said[:400]}))

    return _do(actor, emergency, key, {"do": "end", "summary": summary}, work)
