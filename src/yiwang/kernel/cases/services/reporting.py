"""A report (上报/诉求) is stored and opens a case, or joins one, in one transaction."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import PaperEntry, PreparedReport, ReportDraft, ReportReceipt, body_of
from yiwang.kernel.cases.models import Case, MatterVersion, Report
from yiwang.kernel.cases.queries import matters, work
from yiwang.kernel.cases.services import clocks, ending, events, stepping
from yiwang.kernel.cases.services.drafts import check_draft
from yiwang.kernel.cases.services.parties import add_party
from yiwang.kernel.files.services import claim

OLDEST = timedelta(days=3660)  # a phone with an empty battery says 1970; no report tells of what was ten years ago
_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are mistaken for another when read aloud


def query_code() -> str:
    """Return 10 letters with which a citizen asks how his report stands; 50 bits, so codes cannot be tried out."""
    return "".join(secrets.choice(_CODE_LETTERS) for _i in range(10))


def report(
    actor: Actor, matter: str, draft: ReportDraft, *, key: str = "", paper: PaperEntry | None = None
) -> ReportReceipt:
    """Store a report and open its case (state `reported`, intake clocks running, no number yet).

    Raises
    ------
    NotPermitted, NotSignedIn
        The actor may not report there.
    BadInput
        The form, the place, the time or a file is not in order; nothing was written.
    KeyReused
        The key came before with another body.
    """
    check_draft(draft)
    answer, repeated = once(actor, key, body_of(draft), lambda: _report(actor, matter, draft, paper))
    return ReportReceipt(UUID(answer["report"]), UUID(answer["case"]), answer["code"], repeated)


def _report(actor: Actor, matter: str, draft: ReportDraft, paper: PaperEntry | None) -> Answer:
    version = matters.current_version(matter)
    config = configs.of_version(version.pk)
    at = now()
    occurred = check_moment(draft.occurred_at, at, "occurred_at")
    if paper is not None:
        at = occurred  # taken down on paper: its clocks run since then
    _check_channel(config, draft)
    hooks = matters.hooks_of(matter)
    prepared = hooks.prepare_report(actor, version, draft)
    actor.require(config.permission("report"), area_path=prepared.area_path)
    case = _new_case(actor, version, draft, prepared, at)
    row = add_report(actor, case, draft, prepared, at, occurred)
    hooks.after_open(case, row, prepared)
    variables = {"channel": draft.channel, "urgent": prepared.is_urgent, **prepared.variables}
    moved = stepping.begin(case, variables, at, actor)
    clocks.refresh_due(case)
    more: dict[str, Any] = {"opened": [str(t.uid) for t in moved.opened]}
    if moved.decisions:
        more["decisions"] = moved.decisions
    if paper is not None:
        more["paper"] = {"form": paper.form, "line": paper.line}
    if moved.end_id:
        ending.end(case, config.ends().get(moved.end_id, "closed"), at)
    _event(actor, case, row, draft, occurred, "report", more)
    case.save()
    return {"report": str(row.uid), "case": str(case.uid), "code": row.query_code}


def _check_channel(config: MatterConfig, draft: ReportDraft) -> None:
    if config.channels() and draft.channel not in config.channels():
        raise BadInput.one("channel", "unknown", _("This way of reporting is not known: %(channel)s.") % {"channel": draft.channel})


def check_moment(given: datetime | None, at: datetime, field: str) -> datetime:
    """Return when it happened; the future is refused beyond a small tolerance of a phone's clock, and so is long ago."""
    if given is None:
        return at
    if given.tzinfo is None:
        raise BadInput.one(field, "zone", _("Give the time with its zone, for example 2026-11-23T14:05:00+08:00."))
    if given > at + clocks.GRACE:
        raise BadInput.one(field, "future", _("The time lies in the future. Check the clock of the device."))
    if given < at - OLDEST:
        raise BadInput.one(field, "past", _("The time lies too far in the past. Check the clock of the device."))
    return given


def _new_case(actor: Actor, version: MatterVersion, draft: ReportDraft, prepared: PreparedReport, at: datetime) -> Case:
    case = Case(
        uid=uuid7(), region=prepared.region, app=version.matter.app, matter=version.matter, matter_version=version,
        title=prepared.title[:200], description=draft.text, mode=draft.mode, channel=draft.channel,
        is_urgent=prepared.is_urgent, area_id=prepared.area_id, area_path=prepared.area_path,
        point=_point(draft), address=prepared.address[:256], data=dict(prepared.data), reported_at=at,
    )
    case.save(force_insert=True)
    return case


def _point(draft: ReportDraft) -> Point | None:
    return None if draft.lon is None or draft.lat is None else Point(draft.lon, draft.lat, srid=4326)


def add_report(
    actor: Actor, case: Case, draft: ReportDraft, prepared: PreparedReport, at: datetime, occurred: datetime, *, opened: bool = True
) -> Report:
    """Store the report row, its files and its person."""
    if draft.uid is not None and Report.all_modes.filter(uid=draft.uid).exists():
        raise BadInput.one("uid", "taken", _("This report number is already in use."))
    row = Report.all_modes.create(
        uid=draft.uid or uuid7(), case=case, opened_case=opened, first_case=case, channel=draft.channel,
        reporter_account_id=actor.account_id, reporter_client_id=actor.client_id, text=draft.text,
        data=dict(prepared.data), point=_point(draft), accuracy_m=draft.accuracy_m, address=prepared.address[:256],
        area_path=prepared.area_path, mode=draft.mode, source_key=draft.source_key, query_code=query_code(),
        occurred_at=occurred, received_at=at,
    )
    if draft.files:
        stage = "" if draft.answers.get("self_handled") else "before"  # what he handled himself he marked before and after
        claim(
            actor=actor, uids=draft.files, subject_kind="case", subject_uid=case.uid, stage=stage, area_path=case.area_path,
            token=draft.files_token,
        )
    if prepared.person is not None:
        own = actor.account_id if actor.kind is ActorKind.PERSON else None
        add_party(case, prepared.person, report_id=row.pk, account_id=own)
    return row


def _event(
    actor: Actor, case: Case, row: Report, draft: ReportDraft, occurred: datetime, action: str, more: Mapping[str, Any]
) -> None:
    data = {"report": str(row.uid), "channel": draft.channel, "files": len(draft.files), **more}
    if draft.device:
        data["device"] = dict(draft.device)
    point = None if draft.lon is None or draft.lat is None else (draft.lon, draft.lat)
    events.write(actor, case, action, at=occurred, data=data, point=point)


def _has_reported(actor: Actor, case: Case) -> bool:
    """Say whether another system reported this before: it sees no cases, but may add to its own."""
    return actor.client_id is not None and case.reports.filter(reporter_client_id=actor.client_id).exists()


def join_report(actor: Actor, case_uid: UUID, draft: ReportDraft, *, key: str = "") -> ReportReceipt:
    """Store a further report of something that is already an open case (it counts as 上报, not as 立案).

    Raises
    ------
    NotFound
        There is no such open case, or it does not concern the actor: its number alone gives no right to write into it.
    """
    check_draft(draft)

    def do() -> Answer:
        case = Case.all_modes.select_for_update(of=("self",)).filter(uid=case_uid, closed_at__isnull=True).first()
        if case is None or not (work.may_see(actor, case) or _has_reported(actor, case)):
            raise NotFound(what="case")
        at = now()
        occurred = check_moment(draft.occurred_at, at, "occurred_at")
        config = configs.of_version(case.matter_version_id)
        _check_channel(config, draft)
        prepared = matters.hooks_for(case).prepare_report(actor, case.matter_version, draft)
        actor.require(config.permission("report"), area_path=prepared.area_path)
        row = add_report(actor, case, draft, prepared, at, occurred, opened=False)
        _event(actor, case, row, draft, occurred, "join", {})
        case.version += 1
        case.save(update_fields=["event_count", "event_head", "version"])
        return {"report": str(row.uid), "case": str(case.uid), "code": row.query_code}

    with transaction.atomic():
        answer, repeated = once(actor, key, {"case": case_uid, **body_of(draft)}, do)
    return ReportReceipt(UUID(answer["report"]), UUID(answer["case"]), answer["code"], repeated)
