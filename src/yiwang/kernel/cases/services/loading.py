"""Loading a matter folder as a new version: validated as a whole, never over a local edit."""

import csv
import hashlib
import io
import json
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.config import MatterConfig, action_table
from yiwang.kernel.cases.errors import MatterInvalid
from yiwang.kernel.cases.models import ManualRow, ManualVersion, Matter, MatterVersion
from yiwang.kernel.cases.rules.clocks import ClockEffect
from yiwang.kernel.forms import services as forms
from yiwang.kernel.process import diagram, publish
from yiwang.kernel.process.engine import load as load_process
from yiwang.kernel.process.engine import steps_of
from yiwang.kernel.worktime.contracts import Kind

FILES = ("matter.toml", "form.json", "process.bpmn")


@dataclass
class Folder:
    """A matter folder as read; `findings` say what is wrong where, and how to mend it."""

    path: Path
    config: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    bpmn: bytes = b""
    dmn: bytes = b""
    manual: bytes = b""
    rows: list[ManualRow] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def find(self, file: str, line: int, message: str, mend: str) -> None:
        self.findings.append(f"{file}:{line}: {message} — {mend}")

    @property
    def sha256(self) -> str:
        parts = (json.dumps(self.config, sort_keys=True, ensure_ascii=False).encode(),
                 json.dumps(self.form, sort_keys=True, ensure_ascii=False).encode(), self.bpmn, self.dmn, self.manual)
        return hashlib.sha256(b"\0".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()


def read_folder(path: Path) -> Folder:
    """Read and check a folder; raises nothing, everything wrong is in `findings`."""
    folder = Folder(path)
    for name in FILES:
        if not (path / name).is_file():
            folder.find(name, 1, "the file is missing", f"add {name} to {path.name}/")
    if folder.findings:
        return folder
    folder.config = _toml(folder, (path / "matter.toml").read_bytes())
    folder.form = _json(folder, (path / "form.json").read_bytes())
    folder.bpmn = (path / "process.bpmn").read_bytes()
    folder.dmn = (path / "decisions.dmn").read_bytes() if (path / "decisions.dmn").is_file() else b""
    folder.manual = (path / "manual.csv").read_bytes() if (path / "manual.csv").is_file() else b""
    if folder.findings:
        return folder
    for finding in publish.validate(folder.bpmn, (folder.dmn,) if folder.dmn else ()):
        folder.findings.append(str(finding))
    for form_finding in forms.validate(folder.form):
        folder.findings.append(f"form.json:{form_finding}")
    if not folder.findings:
        _check_config(folder)
    folder.rows = _manual(folder)
    return folder


def _toml(folder: Folder, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r"line (\d+)", str(error))
        folder.find("matter.toml", int(found.group(1)) if found else 1, str(error), "write valid TOML in UTF-8")
        return {}


def _json(folder: Folder, raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8"))
    except json.JSONDecodeError as error:
        folder.find("form.json", error.lineno, error.msg, "write valid JSON in UTF-8")
        return {}
    except UnicodeDecodeError as error:
        folder.find("form.json", 1, str(error), "save the file as UTF-8")
        return {}
    return value if isinstance(value, dict) else {}


def _line_of(folder: Folder, text: str) -> int:
    lines = (folder.path / "matter.toml").read_text(encoding="utf-8").splitlines()
    return next((i for i, line in enumerate(lines, 1) if text in line), 1)


def _check_config(folder: Folder) -> None:
    config, find = folder.config, folder.find
    for key in ("code", "app", "name"):
        if not config.get(key):
            find("matter.toml", 1, f"`{key}` is missing", f'add `{key} = ...` at the top')
    if not str(config.get("code", "")).startswith(f"{config.get('app')}."):
        find("matter.toml", _line_of(folder, "code ="), "the code does not begin with the app's name", "write app.slug")
    definition = load_process(folder.bpmn, (folder.dmn,) if folder.dmn else (), f"check:{folder.sha256}")
    known, picture = {s.spec: s for s in steps_of(definition)}, diagram.read(folder.bpmn)
    for step, line in config.get("steps", {}).items():
        where = _line_of(folder, f"[steps.{step}]")
        if step not in known:
            find("matter.toml", where, f"step `{step}` is not in process.bpmn", f"use one of: {', '.join(known)}")
        for action in line.get("allow", ()):
            if action not in action_table():
                find("matter.toml", where, f"action `{action}` is not in the action table", "correct its code")
        limit = line.get("limit")
        if limit and (limit.get("unit") not in set(Kind) or int(limit.get("value", 0)) < 1):
            find("matter.toml", where, "the limit has no known unit or no value", f"units: {', '.join(Kind)}")
        _check_permission(folder, str(line.get("permission", "")), where)
        _check_outcomes(folder, picture, step, line, {o.value for o in known[step].outcomes} if step in known else set())
    for kind, line in config.get("requests", {}).items():
        for code in (*line.get("stages", ()), *(code for level in line.get("levels", ()) for code in level)):
            _check_permission(folder, str(code), _line_of(folder, f"[requests.{kind}]"))
    for step in known:
        if step not in config.get("steps", {}):
            find("matter.toml", 1, f"step `{step}` of process.bpmn has no table", f"add [steps.{step}] with permission and allow")
    for code, line in config.get("actions", {}).items():
        for table in ("clocks", "granted"):
            for clock, word in line.get(table, {}).items():
                if word not in set(ClockEffect):
                    find("matter.toml", _line_of(folder, f"[actions.{code}]"), f"clock effect `{word}` of {clock} is unknown",
                         f"use one of: {', '.join(ClockEffect)}")
    for earlier, later in config.get("separation", {}).items():
        for step in [earlier, *later]:
            if step not in known and step != "report":  # the reporter's own part, before any step
                find("matter.toml", _line_of(folder, f"{earlier} ="), f"separation names the unknown step `{step}`", "correct it")
    for step, others in config.get("blind", {}).items():
        for name in (step, *others):
            if name not in known:
                find("matter.toml", _line_of(folder, "[blind]"), f"[blind] names the unknown step `{name}`", "correct it")
    for permissions in ("permissions",):
        if not isinstance(config.get(permissions, {}), dict):
            find("matter.toml", 1, f"[{permissions}] is not a table", "write it as a table")


def _check_permission(folder: Folder, permission: str, where: int) -> None:
    """A task's permission is its own app's: the desk of an app is found by it, without a look at the cases."""
    app = str(folder.config.get("app"))
    if permission and not permission.startswith(f"{app}."):
        folder.find("matter.toml", where, f"permission `{permission}` is not one of {app}'s", f"name one that begins with {app}.")


def _check_outcomes(folder: Folder, picture: diagram.Diagram, step: str, line: dict[str, Any], drawn: set[str]) -> None:
    """What a person may choose and what the arrows behind the step ask for are the same words, or the case stops there."""
    offered = set(line.get("outcomes", {}))
    if not drawn:  # one way on, whatever is chosen
        return
    where = _line_of(folder, f"[steps.{step}.outcomes]")
    gates = [f.target for f in picture.leaving(step)]
    for code in sorted(offered - drawn) if not any(picture.nodes[g].default for g in gates) else ():  # a default arrow takes all others
        folder.find("matter.toml", where, f"no arrow behind step `{step}` asks for outcome `{code}`",
                    f"draw one, or use one of: {', '.join(sorted(drawn))}")  # fmt: skip
    for code in sorted(drawn - offered - set(action_table())):  # an action such as merge or return leads on as itself
        folder.find("matter.toml", where, f"outcome `{code}` of process.bpmn cannot be chosen in step `{step}`",
                    f"add {code} = {{ label = ... }} to [steps.{step}.outcomes]")  # fmt: skip


def _manual(folder: Folder) -> list[ManualRow]:
    """Return the rows of manual.csv (UTF-8); every fault named by its line."""
    if not folder.manual:
        return []
    rows: list[ManualRow] = []
    seen: dict[str, int] = {}
    try:
        text = folder.manual.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        folder.find("manual.csv", 1, str(error), "save the file as UTF-8")
        return []
    reader = csv.DictReader(io.StringIO(text))
    for record in reader:
        line = reader.line_num
        key = (record.get("condition_id") or "").strip()
        if not key or key in seen:
            folder.find("manual.csv", line, f"condition_id {key!r} is empty or was used in line {seen.get(key)}", "give each row its own")
            continue
        seen[key] = line
        if record.get("limit_unit") not in set(Kind):
            folder.find("manual.csv", line, f"limit_unit {record.get('limit_unit')!r} is unknown", f"use one of: {', '.join(Kind)}")
            continue
        try:
            rows.append(_manual_row(record, key))
        except (ValueError, TypeError, KeyError) as error:
            folder.find("manual.csv", line, f"{error}", "numbers as digits, dates as 2026-07-01, milestones as JSON")
    return rows


def _manual_row(record: dict[str, str], key: str) -> ManualRow:
    value = int(record["limit_value"])
    if value < 1:
        raise ValueError("limit_value must be 1 or more")
    return ManualRow(
        key=key, class_code=record["class_code"], class_kind=record["class_kind"],
        condition=_texts(record, "condition"), closing=_texts(record, "closing"),
        limit_unit=record["limit_unit"], limit_value=value, area_level=record.get("area_level", ""),
        season=record.get("season", ""), phase=record.get("phase", ""), department=record.get("department", ""),
        supervisor=record.get("supervisor", ""), urgent=record.get("urgent") == "1",
        informs_only=record.get("informs_only") == "1", milestones=json.loads(record.get("milestones") or "[]"),
        document_number=record.get("document_number", ""), source=record.get("source", "")[:120],
        notes=record.get("notes_zh", ""), valid_from=_day(record.get("valid_from")), valid_to=_day(record.get("valid_to")),
    )


def _texts(record: dict[str, str], name: str) -> dict[str, str]:
    zh, en = record.get(f"{name}_zh", "").strip(), record.get(f"{name}_en", "").strip()
    if not zh:
        raise ValueError(f"{name}_zh is empty")
    return {"zh-Hans": zh, "en": en or zh}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@transaction.atomic
def load_matter(actor: Actor, path: Path, *, force: bool = False) -> MatterVersion:
    """Load a folder as a new version; the same content changes nothing, a local edit is never replaced.

    Raises
    ------
    MatterInvalid
        The folder has faults; each is named by file and line with its mend. Nothing was written.
    """
    folder = read_folder(path)
    if folder.findings:
        raise MatterInvalid(findings=tuple(folder.findings))
    config = MatterConfig(folder.config)
    matter, _created = Matter.objects.select_for_update().get_or_create(
        code=folder.config["code"], defaults={"app": config.app, "name": folder.config["name"]}
    )
    known = MatterVersion.objects.filter(matter=matter, sha256=folder.sha256).first()
    if known is not None:
        return known
    if matter.current is not None and matter.current.origin == "local" and not force:
        return matter.current
    number = (MatterVersion.objects.filter(matter=matter).count()) + 1
    manual = _store_manual(matter, folder)
    version = MatterVersion.objects.create(
        matter=matter, number=number,
        process=publish.store_process(matter.code, folder.bpmn, by=actor.name),
        decision=publish.store_decisions(matter.code, folder.dmn, by=actor.name) if folder.dmn else None,
        form=forms.store(matter.code, folder.form, by=actor.name), manual=manual, config=folder.config, sha256=folder.sha256,
    )
    matter.current, matter.name = version, folder.config["name"]
    matter.save(update_fields=["current", "name"])
    audit.record(actor, action="matter.version.loaded", data={
        "matter": matter.code, "version": number, "sha256": folder.sha256, "over_local_edit": force,
    })  # fmt: skip
    return version


def _store_manual(matter: Matter, folder: Folder) -> ManualVersion | None:
    """Store a new issue of the manual, or keep the present one when nothing in it changed."""
    if not folder.manual:
        return None
    digest = hashlib.sha256(folder.manual).hexdigest()
    if same := ManualVersion.objects.filter(matter=matter, sha256=digest).first():
        return same
    number = ManualVersion.objects.filter(matter=matter).count() + 1
    document = next((r.document_number for r in folder.rows if r.document_number), "")
    version = ManualVersion.objects.create(matter=matter, number=number, sha256=digest, document_number=document)
    for row in folder.rows:
        row.version = version
    ManualRow.objects.bulk_create(folder.rows)
    return version
