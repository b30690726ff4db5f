"""Opening a data set (数据开放): one person prepares rows, the check measures them, a second person releases them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yiwang.apps.datahub.errors import AlreadyDecided, NameTaken, NoRows, NotSafe, NotToOpen, SamePreparer
from yiwang.apps.datahub.lake import connect, opened
from yiwang.apps.datahub.lake.folders import root
from yiwang.apps.datahub.models import Dataset, DatasetState, Opening, OpenSet, OpenState, OpenVersion, VersionState
from yiwang.apps.datahub.queries.opening import sets
from yiwang.apps.datahub.rules import privacy
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.rules.privacy import patterns
from yiwang.apps.datahub.rules.privacy.steps import KIND_AFTER
from yiwang.apps.datahub.services.opening import files
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.uid import uuid7

PREPARE, RELEASE = "datahub.open.prepare", "datahub.open.release"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,78}")


def limits_for(theme: str) -> privacy.Limits:
    """Return the thresholds for a theme: stricter for health and relief."""
    given = shelf.privacy()
    k = given["k_sensitive"] if theme in given["sensitive_themes"] else given["k_ordinary"]
    return privacy.Limits(
        k=k, diversity=given["l_diversity"], cell=given["small_cell"], most_suppressed=given["most_suppressed"], scan_rows=given["scan_rows"]
    )


def look(actor: Actor, dataset: Dataset, *, theme: str, paths: Sequence[Path] | None = None) -> dict[str, Any]:
    """Check a data set's present rows and return what is suggested ({"recipe", "before", "quasi", "measured", ...}); writes nothing."""
    actor.require(PREPARE, area_path=dataset.area_path, org_path=dataset.org_path)
    found, columns = _source(dataset, paths)
    with connect() as connection:
        _with_scrub(connection)
        connection.execute(f"CREATE VIEW given AS SELECT * FROM {opened.sources(found)}")
        columns = _present(connection, columns)
        return privacy.suggest(connection, "given", columns, limits_for(theme), as_of=now().date().isoformat())


def _with_scrub(connection: Any) -> None:
    connection.create_function("privacy_scrub", patterns.scrub, ["VARCHAR"], "VARCHAR")


def _source(dataset: Dataset, paths: Sequence[Path] | None) -> tuple[list[Path], list[dict[str, Any]]]:
    found = [p for p in (sets.rows_of(dataset) if paths is None else paths) if p.exists()]
    columns = sets.columns_of(dataset)
    if not found or not columns:
        raise NoRows
    return found, columns


def _present(connection: Any, columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the columns of the contract that the rows have."""
    there = {row[0] for row in connection.execute("DESCRIBE given").fetchall()}
    return [c for c in columns if c["name"] in there]


def _checked(dataset: Dataset, slug: str, title: Mapping[str, str], theme: str, licence: str) -> None:
    errors: list[dict[str, str]] = []
    if not _SLUG.fullmatch(slug):
        errors.append({"field": "slug", "code": "slug", "message": _("Small letters, digits and hyphens, 2 to 79 of them.")})
    if not title.get("zh-Hans", "").strip():
        errors.append({"field": "title", "code": "required", "message": _("Give it a name that people understand.")})
    if theme not in shelf.themes():
        errors.append({"field": "theme", "code": "choice", "message": _("Choose one of the themes.")})
    if licence not in shelf.licences():
        errors.append({"field": "licence", "code": "choice", "message": _("Choose one of the licences.")})
    if errors:
        raise BadInput(errors=tuple(errors))
    if slug in shelf.RESERVED:
        raise NameTaken
    if dataset.opening != Opening.UNCONDITIONAL or dataset.state != DatasetState.PUBLISHED:
        raise NotToOpen


def prepare(
    actor: Actor, dataset: Dataset, *, slug: str, title: Mapping[str, str], notes: Mapping[str, str], theme: str, licence: str,
    tags: Sequence[str] = (), recipe: Mapping[str, str], quasi: Sequence[str] = (), suppress: bool = True, cycle: str = "",
    paths: Sequence[Path] | None = None, is_sample: bool = False,
) -> OpenVersion:  # fmt: skip
    """Make the next version of a set from the chosen columns, measure it, and let it wait for a second person.

    `recipe` is {column: step of rules.privacy.STEPS}; `quasi` the quasi-identifiers over which rows are suppressed and
    measured. Rows with faults are kept and shown with them, but cannot be released.

    Raises
    ------
    NotPermitted, NotToOpen, NameTaken, NoRows, BadInput
        Nothing was written.
    """
    actor.require(PREPARE, area_path=dataset.area_path, org_path=dataset.org_path)
    _checked(dataset, slug, title, theme, licence)
    holder = OpenSet.objects.filter(slug=slug).first()
    if holder is not None and (holder.dataset_id != dataset.pk or holder.state == OpenState.RETRACTED):
        raise NameTaken
    found, columns = _source(dataset, paths)
    made, report, suppressed = _build(slug, found, columns, recipe, quasi, suppress, limits_for(theme))
    try:
        with transaction.atomic():
            row, _new = OpenSet.objects.get_or_create(
                slug=slug,
                defaults={"dataset": dataset, "org": dataset.org, "org_path": dataset.org_path, "area_path": dataset.area_path, "title": dict(title),
                          "notes": dict(notes), "theme": theme, "licence": licence, "is_sample": is_sample},
            )  # fmt: skip
            row = OpenSet.objects.select_for_update().get(pk=row.pk)
            if row.dataset_id != dataset.pk:
                raise NameTaken
            told = {"title": dict(title), "notes": dict(notes), "theme": theme, "licence": licence, "cycle": cycle or dataset.cycle,
                    "tags": [t.strip()[:60] for t in tags if t.strip()][:20]}  # fmt: skip
            if row.state == OpenState.PREPARED:  # nobody outside reads it yet
                _tell(row, told)
                row.save()
            row.versions.filter(state=VersionState.PREPARED).update(state=VersionState.REFUSED, decided_reason="", decided_at=now())
            number = (row.versions.order_by("-number").values_list("number", flat=True).first() or 0) + 1
            version = OpenVersion.objects.create(
                open_set=row, number=number, columns=made.columns, recipe=dict(recipe), told=told, path=str(made.path.relative_to(root())), sha256=made.sha256,
                rows=made.rows, bytes=made.bytes, suppressed=suppressed, privacy=report, quality=dataset.quality, as_of=dataset.landed_at or now(),
                prepared_by_id=actor.account_id,
            )  # fmt: skip
            audit.record(actor, action="datahub.open.prepared", area_path=row.area_path, data={"set": slug, "version": number, "rows": made.rows, "sha256": made.sha256})
    except BaseException:
        made.path.unlink(missing_ok=True)
        raise
    return version


def _build(
    slug: str, paths: Sequence[Path], columns: list[dict[str, Any]], recipe: Mapping[str, str], quasi: Sequence[str], suppress: bool, limits: privacy.Limits
) -> tuple[opened.Snapshot, dict[str, Any], int]:
    target = opened.folder(slug) / f"{uuid7()}.parquet"
    as_of = now().date().isoformat()
    with connect() as connection:
        _with_scrub(connection)
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"CREATE VIEW given AS SELECT * FROM {opened.sources(paths)}")
        present = _present(connection, columns)
        by_name = {c["name"]: c for c in present}
        chosen = {name: step for name, step in recipe.items() if name in by_name and step != "drop"}
        if not chosen:
            raise NoRows
        kinds = {c["name"]: c["kind"] for c in present}
        alike = [n for n in quasi if n in chosen]
        before = privacy.inspect(connection, "given", present, limits, chosen=[n for n in quasi if n in by_name] or None)
        left = limits.k if suppress and alike else 0
        try:
            plain_sql = privacy.select(chosen, kinds, "given", as_of=as_of)
            sensitive = before["sensitive"] if before["sensitive"] in chosen else ""
            sql = privacy.select(chosen, kinds, "given", as_of=as_of, alike=alike, k=left, sensitive=sensitive, diversity=limits.diversity if left else 0)
        except privacy.BadStep as error:
            raise BadInput.one("recipe", "step", _("A column cannot be made coarser in this way: %(what)s") % {"what": str(error)}) from error
        after_columns = [{**by_name[name], "kind": KIND_AFTER.get(step.partition(":")[0], kinds[name]), "step": step} for name, step in chosen.items()]
        made = opened.write_snapshot(connection, sql, target, after_columns)
        # Checked again as it will be read: a column made coarse is personal no more only if its values say so as well.
        known = [{**c, "personal": "" if c["step"] not in ("keep",) and c["personal"] != "name" else c["personal"]} for c in made.columns]
        report = privacy.inspect(connection, opened.sources([target]), known, limits, chosen=alike or None)
        total = int(connection.execute(f"SELECT count(*) FROM ({plain_sql})").fetchone()[0])
    if not made.rows:
        target.unlink(missing_ok=True)
        raise NoRows
    found = [{"code": f.code, "column": f.column, "n": f.n} for f in privacy.faults(report, limits)]
    return made, {"before": before, "after": report, "faults": found}, total - made.rows


def reasons(version: OpenVersion) -> list[str]:
    """Return what forbids opening a version, in the reader's language."""
    labels = {c["name"]: c["label"] for c in version.columns}
    said = []
    for fault in version.privacy.get("faults", []):
        column, n = labels.get(fault["column"], fault["column"]), fault["n"]
        said.append(
            {
                "direct": _("“%(column)s” names people directly") % {"column": column},
                "alone": ngettext("%(n)s row stands too much alone", "%(n)s rows stand too much alone", n) % {"n": n},
                "alike": _("groups of alike people all share one value of “%(column)s”") % {"column": column},
                "text": _("“%(column)s” holds names, numbers or telephones (%(n)s times)") % {"column": column, "n": n},
                "cell": _("“%(column)s” counts fewer than five people in %(n)s rows") % {"column": column, "n": n},
            }[fault["code"]]
        )
    return said


def release(actor: Actor, version: OpenVersion, *, body: str, statement: str) -> OpenSet:
    """Open a prepared version to everybody, with who did the secrecy review (保密审查) and what it said.

    Raises
    ------
    NotPermitted, SamePreparer, AlreadyDecided, NotSafe, BadInput
        Nothing was opened.
    """
    row = version.open_set
    actor.require(RELEASE, area_path=row.area_path, org_path=row.org_path)
    if version.prepared_by_id is not None and version.prepared_by_id == actor.account_id:
        raise SamePreparer
    _stated(body, statement)
    if version.state != VersionState.PREPARED or row.state == OpenState.RETRACTED:
        raise AlreadyDecided
    if said := reasons(version):
        raise NotSafe(reasons=said)
    made = files.make(version)  # outside of the transaction: large sets take minutes
    with transaction.atomic():
        row = OpenSet.objects.select_for_update().get(pk=row.pk)
        version = OpenVersion.objects.select_for_update().get(pk=version.pk)
        if version.state != VersionState.PREPARED or row.state == OpenState.RETRACTED:
            files.remove(made)
            raise AlreadyDecided
        moment = now()
        row.versions.filter(state=VersionState.RELEASED).update(state=VersionState.REPLACED)
        version.state, version.decided_by_id, version.decided_at = VersionState.RELEASED, actor.account_id, moment
        version.secrecy_body, version.secrecy_statement = body.strip(), statement.strip()
        version.save()
        _tell(row, version.told)
        files.keep(row, made, moment)
        row.state, row.current, row.changed_at, row.opened_at = OpenState.OPEN, version, moment, row.opened_at or moment
        row.formats = sorted({"csv" if m.format == "plain" else m.format for m in made})
        days = shelf.PROMISED_DAYS.get(row.cycle)
        row.due_at = moment + timedelta(days=days) if days else None
        row.save()
        audit.record(
            actor, action="datahub.open.released", area_path=row.area_path, from_state="prepared", to_state="open",
            data={"set": row.slug, "version": version.number, "rows": version.rows, "sha256": version.sha256, "secrecy": version.secrecy_statement},
        )  # fmt: skip
    return row


def _tell(row: OpenSet, told: Mapping[str, Any]) -> None:
    for name, value in told.items():
        setattr(row, name, value)


def _stated(body: str, statement: str) -> None:
    errors = []
    if len(body.strip()) < 2 or len(body) > 120:
        errors.append({"field": "body", "code": "required", "message": _("Say who did the secrecy review.")})
    if len(statement.strip()) < 5 or len(statement) > 1000:
        errors.append({"field": "statement", "code": "required", "message": _("Write what the secrecy review concluded.")})
    if errors:
        raise BadInput(errors=tuple(errors))


@transaction.atomic
def refuse(actor: Actor, version: OpenVersion, *, reason: str) -> OpenVersion:
    """Do not release a prepared version; its maker reads why."""
    row = version.open_set
    actor.require(RELEASE, area_path=row.area_path, org_path=row.org_path)
    if not 2 <= len(reason.strip()) <= 500:
        raise BadInput.one("reason", "required", _("Say why, in 2 to 500 characters."))
    version = OpenVersion.objects.select_for_update().get(pk=version.pk)
    if version.state != VersionState.PREPARED:
        raise AlreadyDecided
    version.state, version.decided_by_id, version.decided_at, version.decided_reason = VersionState.REFUSED, actor.account_id, now(), reason.strip()
    version.save()
    audit.record(actor, action="datahub.open.refused", area_path=row.area_path, from_state="prepared", to_state="refused", data={"set": row.slug, "version": version.number})
    return version


def retract(actor: Actor, row: OpenSet, *, reason: str) -> OpenSet:
    """Take a set back: its page says when and why (410), its files are gone, its uses are kept.

    Raises
    ------
    NotPermitted, AlreadyDecided, BadInput
        Nothing was changed.
    """
    actor.require(RELEASE, area_path=row.area_path, org_path=row.org_path)
    if not 2 <= len(reason.strip()) <= 500:
        raise BadInput.one("reason", "required", _("Say why, in 2 to 500 characters."))
    with transaction.atomic():
        row = OpenSet.objects.select_for_update().get(pk=row.pk)
        if row.state != OpenState.OPEN:
            raise AlreadyDecided
        row.state, row.retracted_at, row.retracted_by_id, row.retracted_reason = OpenState.RETRACTED, now(), actor.account_id, reason.strip()
        row.due_at = None
        row.save()
        row.versions.filter(state=VersionState.RELEASED).update(state=VersionState.REPLACED)
        row.files.all().delete()
        audit.record(
            actor, action="datahub.open.retracted", area_path=row.area_path, from_state="open", to_state="retracted",
            data={"set": row.slug, "uses": row.uses, "clients": sorted(set(row.use.filter(client_id__gt=0).values_list("client_name", flat=True)))},
        )  # fmt: skip
        transaction.on_commit(lambda: shutil.rmtree(root() / "open" / row.slug, ignore_errors=True))
    return row
