"""Writing the register of systems: described by bureaus, assessed by the authority, as a sheet in and out."""

import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zipfile import BadZipFile

from django.db import transaction
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from yiwang.apps.datahub.models.share import InfoSystem, SystemKind, SystemState, Verdict
from yiwang.apps.datahub.queries.share import systems as queries
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.cells import safe
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.texts import pick
from yiwang.kernel.files.exports import Column, Exported, Table, take
from yiwang.kernel.files.exports.marks import strip
from yiwang.kernel.identity.models import Organization

HEADS = {
    "code": "系统编码", "name": "系统名称", "kind": "类型", "state": "状态", "org": "所属单位代码", "org_name": "所属单位", "built_on": "建成日期", "cost": "建设费用（元）",
    "cost_year": "年运维费（元）", "users": "用户数", "active": "月活跃用户", "network": "网络", "contractor": "承建单位", "elements": "数据元", "items": "服务事项", "note": "备注",
    "verdict": "评估结论", "merge_into": "并入系统",
}  # fmt: skip
_FIELDS = ("name", "kind", "state", "built_on", "cost", "cost_year", "users", "active", "network", "contractor", "elements", "items", "note")
_LENGTHS = {"name": 120, "network": 20, "contractor": 120, "note": 500}
MOST_BYTES, MOST_ROWS = 5_000_000, 5000


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    errors: list[dict[str, str]] = []
    made: dict[str, Any] = {}
    for name in _FIELDS:
        if name not in values:
            continue
        value = values[name]
        try:
            if name in ("elements", "items"):
                made[name] = list(dict.fromkeys(str(v).strip()[:80] for v in value if str(v).strip()))[:500]
            elif name in ("cost", "cost_year"):
                made[name] = Decimal(str(value or 0)).quantize(Decimal("0.01"))
                if not 0 <= made[name] < Decimal("1e11"):
                    raise ValueError
            elif name in ("users", "active"):
                made[name] = int(float(value or 0))
                if not 0 <= made[name] < 2_000_000_000:
                    raise ValueError
            elif name == "built_on":
                made[name] = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else date.fromisoformat(str(value)) if value else None
            elif name in ("kind", "state"):
                made[name] = str(value)
                if made[name] not in (SystemKind if name == "kind" else SystemState).values:
                    raise ValueError
            else:
                made[name] = str(value or "").strip()[: _LENGTHS[name]]
        except (ValueError, InvalidOperation, OverflowError):
            errors.append({"field": name, "code": "value", "message": _("This value cannot be read.")})
    if "name" in made and not made["name"]:
        errors.append({"field": "name", "code": "required", "message": _("This has to be said.")})
    if made.get("active", 0) > made.get("users", 0) and "users" in made:
        errors.append({"field": "active", "code": "more", "message": _("More are active than there are users.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    return made


@transaction.atomic
def describe(actor: Actor, *, code: str, org: Organization | None, values: Mapping[str, Any]) -> InfoSystem:
    """Enter a system, or change what is said of it.

    Raises
    ------
    NotPermitted, NotFound, BadInput
        Not his bureau's; a system that one may not see; no code, no bureau, or values that cannot be kept.
    """
    row = InfoSystem.objects.select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,59}", code):
            raise BadInput.one("code", "format", _("A code is made of a-z, 0-9 and hyphens and begins with a letter."))
        if org is None:
            raise BadInput.one("org", "required", _("This has to be said."))
        row = InfoSystem(code=code, org=org, org_path=org.path, area_path=org.area.path)
        values = {"name": "", **values}
    else:
        row = queries.one(actor, code)
    actor.require(queries.EDIT, org_path=row.org_path, area_path=row.area_path)
    for name, value in _checked(values).items():
        setattr(row, name, value)
    row.save()
    audit.record(actor, action="datahub.system.described", area_path=row.area_path, data={"system": row.code})
    return row


@transaction.atomic
def assess(actor: Actor, system: InfoSystem, *, verdict: str, reason: str, merge_into: InfoSystem | None, until: date | None) -> InfoSystem:
    """Say what is to become of a system; a merger names into which and until when.

    Raises
    ------
    NotPermitted, BadInput
        Not his to assess; no verdict, no reason; a merger into itself, into one that merges itself, or without a day.
    """
    row = InfoSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    actor.require(queries.ASSESS, org_path=row.org_path, area_path=row.area_path)
    if verdict not in (Verdict.KEEP, Verdict.MERGE, Verdict.STOP):
        raise BadInput.one("verdict", "choice", _("This is none of the choices."))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    if verdict == Verdict.MERGE:
        if merge_into is None or merge_into.pk == row.pk or merge_into.verdict in (Verdict.MERGE, Verdict.STOP):
            raise BadInput.one("merge_into", "choice", _("Name another system that stays."))
        if InfoSystem.objects.filter(merge_into=row).exists():
            raise BadInput.one("merge_into", "target", _("Others merge into this system: settle those first."))
        if until is None:
            raise BadInput.one("until", "required", _("Say until when."))
    row.verdict, row.verdict_reason, row.assessed_by_name, row.assessed_at = verdict, reason.strip()[:500], actor.recorded_name[:80], now()
    row.merge_into, row.plan_until = (merge_into if verdict == Verdict.MERGE else None), until
    row.save()
    audit.record(actor, action="datahub.system.assessed", outcome=verdict, area_path=row.area_path, data={"system": row.code, "into": merge_into.code if merge_into else "", "reason": row.verdict_reason})
    return row


def export(actor: Actor) -> Exported:
    """Return the register that the reader sees as a marked sheet."""
    rows = []
    for s in queries.visible_to(actor).order_by("code"):
        values = {name: getattr(s, name) for name in _FIELDS} | {
            "code": s.code, "org": s.org.code, "org_name": pick(s.org.name), "kind": str(SystemKind(s.kind).label), "state": str(SystemState(s.state).label), "cost": float(s.cost),
            "cost_year": float(s.cost_year), "elements": ";".join(s.elements), "items": ";".join(s.items), "built_on": s.built_on.isoformat() if s.built_on else "",
            "verdict": str(Verdict(s.verdict).label), "merge_into": s.merge_into.code if s.merge_into else "",
        }  # fmt: skip
        rows.append({k: safe(v) for k, v in values.items()})
    table = Table(title="信息系统清册", columns=[Column(key=k, label=v, carrier=k == "note") for k, v in HEADS.items()], rows=rows)
    return take(actor, what="datahub.systems", tables=[table], filters={}, form="xlsx", name="systems")


def take_in(actor: Actor, content: bytes) -> dict[str, list[str]]:
    """Enter the systems of a sheet with the heads of `export`; returns codes by what became of them, `refused` as "code: why"."""
    if len(content) > MOST_BYTES:
        raise BadInput.one("file", "size", _("The file is too large."))
    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        lines: list[list[Any]] = [["" if c is None else c for c in row] for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS)]
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadInput.one("file", "format", _("This is no sheet with the heads of the register.")) from error
    at = next((n for n, line in enumerate(lines) if HEADS["code"] in line), None)
    if at is None:
        raise BadInput.one("file", "format", _("This is no sheet with the heads of the register."))
    names = {v: k for k, v in HEADS.items()}
    heads = [names.get(str(h), "") for h in lines[at]]
    kinds = {str(v.label): v.value for v in (*SystemKind, *SystemState)}
    told: dict[str, list[str]] = {"kept": [], "refused": []}
    for line in lines[at + 1 :]:
        row: dict[str, Any] = {k: strip(v).removeprefix("'") if isinstance(v, str) else v for k, v in zip(heads, line, strict=False) if k}
        code = str(row.get("code", "")).strip()
        if not code:
            continue
        for name in ("elements", "items"):
            row[name] = str(row.get(name, "")).replace("；", ";").split(";")
        for name in ("kind", "state"):
            row[name] = kinds.get(str(row.get(name, "")), row.get(name, ""))
        org = Organization.objects.filter(code=str(row.get("org", ""))).first()
        try:
            describe(actor, code=code, org=org, values={k: v for k, v in row.items() if k in _FIELDS})
            told["kept"].append(code)
        except BadInput as problem:
            told["refused"].append(f"{code}: {problem.errors[0]['field']} {problem.errors[0]['message']}")
        except ProblemError as problem:
            told["refused"].append(f"{code}: {problem.title}")
    return told
