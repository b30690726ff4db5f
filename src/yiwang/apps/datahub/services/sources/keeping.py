"""Setting up a source, pausing it, asking for a run, judging its alarms."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings as site
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.lake import root
from yiwang.apps.datahub.lake import sources as adapters
from yiwang.apps.datahub.lake.sources.folder import place
from yiwang.apps.datahub.models import AlarmState, Dataset, Source, SourceAlarm, SourceState
from yiwang.apps.datahub.queries import sources as queries
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.sources import reading_sql, schedule
from yiwang.apps.datahub.services.sources import secrets as keys
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.jobs import enqueue

KNOWN = {
    "folder": ("path", "pattern", "completion", "quiet_s"),
    "sftp": ("host", "port", "user", "path", "pattern", "completion", "quiet_s", "host_key"),
    "database": ("driver", "host", "port", "socket", "database", "user", "table", "query", "mode", "column", "overlap_minutes", "batch_rows", "portion_rows"),
    "api": ("url", "params", "rows", "paging", "page_param", "size_param", "page_size", "first_page", "cursor", "auth", "auth_name", "user", "since_param",
            "since_column", "total"),
}  # fmt: skip
NEEDED = {"folder": ("path",), "sftp": ("host", "user", "host_key"), "database": ("driver", "database", "user"), "api": ("url",)}
# Another address or account must not get the secret that was kept for the present one.
BOUND = ("host", "port", "socket", "user", "url", "driver", "host_key", "auth", "auth_name")


@transaction.atomic
def keep(
    actor: Actor, *, dataset: UUID, kind: str, name: str, settings: Mapping[str, Any], secrets: Mapping[str, str] | None = None, cron: str = "",
    grace_minutes: int = 60, uid: UUID | None = None,
) -> Source:  # fmt: skip
    """Set up a source, or change one; secrets that are not given stay, unless the address or account is another.

    Raises
    ------
    BadInput
        A setting is missing or cannot be; each at its field, nothing saved.
    """
    target = queries.dataset_for(actor, dataset)
    actor.require(queries.EDIT, area_path=target.area_path, org_path=target.org_path)
    source = queries.locked(actor, uid, queries.EDIT) if uid else Source(kind=kind, made_by_id=actor.account_id)
    kind = source.kind
    kept = {k: v for k, v in settings.items() if k in KNOWN.get(kind, ()) and v not in (None, "")}
    check(kind, kept, name=name, cron=cron, dataset=target)
    moved = bool(uid) and any(source.settings.get(k) != kept.get(k) for k in BOUND)
    given = {k: v for k, v in (secrets or {}).items() if v}
    if uid and moved and source.secret and not given:
        raise BadInput.one("secret", "secret", _("The address or account is another: give the secret again."))
    fresh = bool(uid) and (source.dataset_id != target.pk or any(source.settings.get(k) != kept.get(k) for k in ("table", "query", "column", "mode", "url")))
    source.name, source.dataset, source.org, source.settings, source.cron = name.strip()[:120], target, target.org, kept, cron.strip()
    source.org_path, source.area_path, source.grace_minutes = target.org_path, target.area_path, grace_minutes
    if given or moved or not uid:
        source.secret = keys.closed(given)
    if fresh:
        source.watermark, source.columns = {}, []
    source.next_at = schedule.next_after(source.cron, now(), site.TIME_ZONE) if source.cron else None
    source.save()
    audit.record(
        actor, action="datahub.source.saved", area_path=source.area_path,
        data={"source": str(source.uid), "dataset": target.code, "kind": kind, "new": uid is None, "secret_changed": bool(given or moved)},
    )  # fmt: skip
    return source


def check(kind: str, settings: Mapping[str, Any], *, name: str, cron: str, dataset: Dataset) -> None:
    """Refuse settings that cannot work, each at its field."""
    wrong: list[dict[str, str]] = []

    def say(field: str, message: object) -> None:
        wrong.append({"field": field, "code": field, "message": str(message)})

    if kind not in KNOWN:
        raise BadInput.one("kind", "kind", _("There is no such kind of source."))
    if not name.strip():
        say("name", _("Give it a name."))
    for field in NEEDED[kind]:
        if not settings.get(field):
            say(field, _("This is needed."))
    if cron.strip() and not schedule.is_cron(cron):
        say("cron", _("Write five fields as of cron: minute, hour, day, month, weekday. Example: 0 2 * * * for every night at two."))
    if kind == "folder" and settings.get("path"):
        try:
            place(str(settings["path"]))
        except Exception:
            say("path", _("The folder has to lie below the drop folder of this installation."))
    if kind == "database":
        _check_database(settings, dataset, say)
    if wrong:
        raise BadInput(errors=tuple(wrong))


def _check_database(settings: Mapping[str, Any], dataset: Dataset, say: Any) -> None:
    driver, mode = str(settings.get("driver", "")), str(settings.get("mode", "full"))
    if driver not in reading_sql.DIALECTS:
        say("driver", _("There is no such kind of database."))
        return
    if not settings.get("host") and not settings.get("socket"):
        say("host", _("This is needed."))
    if bool(settings.get("table")) == bool(settings.get("query")):
        say("table", _("Name a table, or write a query, not both."))
    if settings.get("query") and reading_sql.refusal(str(settings["query"]), reading_sql.DIALECTS[driver]):
        say("query", _("Only one SELECT that changes nothing is taken."))
    if mode not in ("full", "key", "changed"):
        say("mode", _("There is no such way of reading."))
    if mode in ("key", "changed") and not settings.get("column"):
        say("column", _("Reading only what is new wants a column that grows."))
    if mode != "full" and dataset.contract is not None:
        contract = contracts.from_dict(dataset.contract.body)
        if mode == "changed" and (contract.landing != "upsert" or not contract.key):
            say("mode", _("Reading by moment of change reads some rows twice: the contract has to land by key (landing: upsert)."))
        if contract.landing == "replace":
            say("mode", _("The contract replaces all rows with each landing; only full reading fits it."))


@transaction.atomic
def pause(actor: Actor, uid: UUID) -> Source:
    """Stop its schedule; a run that goes on now ends as it would."""
    return _state(actor, uid, SourceState.PAUSED)


@transaction.atomic
def resume(actor: Actor, uid: UUID) -> Source:
    """Let it run by its schedule again, from where it stood."""
    return _state(actor, uid, SourceState.ON)


def _state(actor: Actor, uid: UUID, state: str) -> Source:
    source = queries.locked(actor, uid, queries.RUN)
    if source.state == state:
        return source
    before, source.state = source.state, state
    if state == SourceState.ON:
        source.failures = 0
        source.next_at = schedule.next_after(source.cron, now(), site.TIME_ZONE) if source.cron else None
    source.save(update_fields=["state", "failures", "next_at", "updated_at"])
    audit.record(actor, action="datahub.source.state", area_path=source.area_path, from_state=before, to_state=state, data={"source": str(source.uid)})
    return source


@transaction.atomic
def ask(actor: Actor, uid: UUID) -> Source:
    """Have it read now, whatever its schedule says; asked twice it is read once."""
    source = queries.locked(actor, uid, queries.RUN)
    source.asked_at = now()
    source.save(update_fields=["asked_at", "updated_at"])
    enqueue("datahub.pull", queue="default", lock=f"datahub.source.{source.pk}", source_id=source.pk, trigger="person")
    audit.record(actor, action="datahub.source.asked", area_path=source.area_path, data={"source": str(source.uid)})
    return source


def try_out(actor: Actor, uid: UUID) -> list[str]:
    """Try whether the source lets us in; returns what is there. Reads no rows and writes nothing but a line of the record."""
    source = queries.source_for(actor, uid)
    actor.require(queries.EDIT, area_path=source.area_path, org_path=source.org_path)
    with tempfile.TemporaryDirectory(prefix="try-", dir=root()) as workspace:
        found = adapters.test(reading_of(source, Path(workspace)))
    with transaction.atomic():
        audit.record(actor, action="datahub.source.tried", area_path=source.area_path, data={"source": str(source.uid), "found": len(found)})
    return found


def reading_of(source: Source, workspace: Path) -> adapters.Reading:
    """Return what an adapter is given of a source."""
    return adapters.Reading(
        number=str(source.uid), kind=source.kind, settings=source.settings, secrets=keys.opened(source.secret), watermark=source.watermark,
        workspace=workspace, known=lambda sha: source.files.filter(sha256=sha, state="taken").exists(),
    )  # fmt: skip


@transaction.atomic
def judge_alarm(actor: Actor, uid: UUID, *, real: bool, note: str = "") -> SourceAlarm:
    """Say whether an alarm was a fault. Runs with a real one are no measure for those after them."""
    alarm = queries.alarm_for(actor, uid, lock=True)
    actor.require(queries.RUN, area_path=alarm.source.area_path, org_path=alarm.source.org_path)
    if len(note) > 500:
        raise BadInput.one("note", "note", _("Say it in 500 characters."))
    alarm.state, alarm.note = (AlarmState.REAL if real else AlarmState.FALSE), note.strip()
    alarm.judged_at, alarm.judged_by_id = now(), actor.account_id
    alarm.save(update_fields=["state", "note", "judged_at", "judged_by"])
    audit.record(
        actor, action="datahub.alarm.judged", area_path=alarm.source.area_path, to_state=alarm.state,
        data={"source": str(alarm.source.uid), "alarm": str(alarm.uid), "kind": alarm.kind, "column": alarm.column},
    )  # fmt: skip
    return alarm
