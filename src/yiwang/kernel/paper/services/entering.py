"""Enter what was done on paper: one act after another, as whoever did it, at its true time; each line once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest, ActionResult, PaperEntry, ReportDraft, ReportReceipt
from yiwang.kernel.notices.services import notify
from yiwang.kernel.paper import queries
from yiwang.kernel.paper.errors import FormClosed, LineEntered
from yiwang.kernel.paper.models import FormKind, FormState, PaperForm, PaperLine
from yiwang.kernel.paper.services.printing import LINES

ENTER = "paper.enter"


@transaction.atomic
def enter_act(
    clerk: Actor, serial: str, line: int, *, done_by: str, occurred_at: datetime, action: str, task_uid: UUID | None,
    outcome: str = "", reason: str = "", data: Mapping[str, Any] | None = None, files: Sequence[UUID] = (), words: str = "",
) -> ActionResult:  # fmt: skip
    """Enter one line of a case form. The act is judged as if the person had done it himself at that time: his posts,
    监管分离, the step. The record names the clerk beside him, and he is told.

    Raises
    ------
    NotPermitted, NotFound
    LineEntered, FormClosed
        It was entered before.
    BadInput
        The time lies before the printing or in the future, nobody is called so, or there is no scan.
    ... and whatever `cases.services.act` refuses; then nothing was written.
    """
    form = _lock(clerk, serial, line, FormKind.CASE)
    person = queries.doer(done_by)
    if person is None:
        raise BadInput.one("done_by", "unknown", _("Nobody signs in as %(name)s. Write the user name of who did it.") % {"name": done_by})
    _check(form, occurred_at, files)
    request = ActionRequest(
        action=action, case_uid=form.case.uid if form.case else None, task_uid=task_uid, outcome=outcome, reason=reason, data=data or {},
        files=tuple(files), occurred_at=occurred_at,
    )  # fmt: skip
    person = replace(person, request_id=clerk.request_id)
    result = cases.act(person, request, paper=PaperEntry(clerk=clerk, form=form.serial, line=line))
    _keep(clerk, form, line, occurred_at, words or action, done_by=person.account_id, event=result.event_uid)
    if person.account_id is not None and person.account_id != clerk.account_id:
        notify(
            kind="paper.entered", account_id=person.account_id, event_uid=result.event_uid, link=f"/paper/{form.serial}/",
            title={"zh-Hans": f"纸质单 {form.serial} 已补录：请核对", "en": f"Paper form {form.serial} was entered: please check"},
            body={
                "zh-Hans": f"{clerk.recorded_name} 按纸质单第 {line} 行以您的名义补录。如有出入请当日提出。",
                "en": f"{clerk.recorded_name} entered line {line} in your name, as the paper says. Object today if it is wrong.",
            },
        )
    return result


@transaction.atomic
def enter_report(clerk: Actor, serial: str, draft: ReportDraft, *, taken_by: str = "") -> ReportReceipt:
    """Enter a report form: the case opens with its clocks counted from the time on the paper; as `enter_act`."""
    form = _lock(clerk, serial, 1, FormKind.REPORT)
    if draft.occurred_at is None:
        raise BadInput.one("occurred_at", "required", _("Enter the time that stands on the paper."))
    _check(form, draft.occurred_at, draft.files)
    receipt = cases.report(clerk, form.matter, draft, paper=PaperEntry(clerk=clerk, form=form.serial, line=1))
    person = queries.doer(taken_by) if taken_by else None
    _keep(clerk, form, 1, draft.occurred_at, draft.text[:200], done_by=person.account_id if person else None, event=None)
    _close(clerk, form, FormState.ENTERED)
    return receipt


@transaction.atomic
def close_form(clerk: Actor, serial: str, *, void: bool = False) -> PaperForm:
    """Say that nothing more comes from a form: all is entered, or it is void (lost, spoilt, not used).

    Raises
    ------
    FormClosed
    BadInput
        A form from which something was entered is not void.
    """
    form = _lock(clerk, serial, 0, None)
    if void and form.lines.exists():
        raise BadInput.one("void", "entered", _("Something was entered from this form, so it is not void."))
    return _close(clerk, form, FormState.VOID if void else FormState.ENTERED)


def _close(clerk: Actor, form: PaperForm, state: FormState) -> PaperForm:
    form.state, form.closed_at = state, now()
    form.save(update_fields=["state", "closed_at"])
    record(clerk, action="paper.close", data={"form": form.serial, "state": str(state)}, area_path=form.area_path)
    return form


def _lock(clerk: Actor, serial: str, line: int, kind: FormKind | None) -> PaperForm:
    found = queries.form(clerk, serial)
    form = PaperForm.objects.select_for_update(of=("self",)).select_related("case").get(pk=found.pk)
    clerk.require(ENTER, area_path=form.area_path)
    if kind is not None and form.kind != kind:
        raise NotFound(what="form")
    entered = form.lines.filter(number=line).select_related("entered_by").first()
    if entered is not None:
        at = entered.entered_at.astimezone(zone_of(form.area_path)).strftime("%Y-%m-%d %H:%M")
        raise LineEntered(form=form.serial, line=line, by=entered.entered_by.name if entered.entered_by else "-", at=at)
    if form.state != FormState.PRINTED:
        raise FormClosed(form=form.serial)
    if kind is not None and not 1 <= line <= LINES:
        raise BadInput.one("line", "range", _("The form has the lines 1 to %(most)s.") % {"most": LINES})
    return form


def _check(form: PaperForm, occurred_at: datetime, files: Sequence[UUID]) -> None:
    if occurred_at.tzinfo is None:
        raise BadInput.one("occurred_at", "zone", _("Enter the time that stands on the paper."))
    if occurred_at < form.printed_at.replace(second=0, microsecond=0):
        raise BadInput.one("occurred_at", "before-printing", _("This lies before the form was printed. Check the date."))
    before = form.lines.order_by("-occurred_at").first()
    if before is not None and occurred_at < before.occurred_at:
        raise BadInput.one("occurred_at", "order", _("This lies before what was entered last from this form. Enter the lines in their order."))
    if not files:
        raise BadInput.one("scan", "required", _("Add a photo or scan of the sheet."))


def _keep(
    clerk: Actor, form: PaperForm, line: int, occurred_at: datetime, words: str, *, done_by: int | None, event: UUID | None
) -> None:
    PaperLine.objects.create(
        form=form, number=line, occurred_at=occurred_at, entered_at=now(), entered_by_id=clerk.account_id, done_by_id=done_by,
        event_uid=event, words=words[:200],
    )  # fmt: skip
