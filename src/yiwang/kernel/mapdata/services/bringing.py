"""Bringing checked rows into the layer, all or nothing, and taking a whole import back."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.jobs import enqueue
from yiwang.kernel.geography.errors import GridRefused
from yiwang.kernel.geography.models import Backing, ImportBatch, ImportState
from yiwang.kernel.geography.rules.codes import CodeError, asset_code
from yiwang.kernel.mapdata import queries, words
from yiwang.kernel.mapdata.errors import NotNow, RowsAreBad, RowsInUse, Shifted
from yiwang.kernel.mapdata.services import grids
from yiwang.kernel.mapdata.services.checking import compare, unbounded
from yiwang.kernel.mapdata.services.locating import GIVEN, PLACED, ROWS, give_keys
from yiwang.kernel.mapdata.services.receiving import path_of
from yiwang.kernel.mapdata.targets import TARGETS, Target, users_of

WAIT_ROWS = 20_000  # more are brought in by a job


def bring(actor: Actor, uid: UUID, *, good_only: bool = False) -> ImportBatch:
    """Bring the rows in: all of them, or knowingly the good ones alone. The same call twice brings them in once.

    Raises
    ------
    RowsAreBad
        Some are bad and `good_only` was not said.
    Shifted
        The coordinates are a web map's and no conversion was chosen.
    NotNow
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state == ImportState.DONE:
            return batch
        if batch.state != ImportState.CHECKED:
            raise NotNow(state=batch.get_state_display())
        if (shift := batch.counts.get("shift", {})).get("system"):
            raise Shifted(system=words.OFFSETS[shift["system"]], metres=shift["plain_m"])
        if batch.counts["rows"] > (grids.WAIT_GRIDS if batch.layer.backing == Backing.UNIT_GRIDS else WAIT_ROWS):
            if batch.counts["bad"] and not good_only:
                raise RowsAreBad(bad=batch.counts["bad"], good=batch.counts["good"])
            batch.state = ImportState.BRINGING
            batch.save()
            audit.record(actor, action="geography.import.ordered", data={"layer": batch.layer.code, "import": str(batch.uid)})
            enqueue("mapdata.bring", batch_id=batch.pk, good_only=good_only)
            return batch
        refused: ProblemError | None = None
        try:
            with transaction.atomic():
                _bring(actor, batch, good_only=good_only)
        except (RowsAreBad, GridRefused) as error:
            refused = error
        if refused is not None:  # keep what was found out meanwhile: the page shows it
            compare(batch)
            batch.save()
    if refused is not None:
        raise refused
    return batch


def bring_now(batch_id: int, *, good_only: bool) -> None:
    """Bring a large import in, in a job; when it cannot be, the import is back at its check with the reason."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("layer").get(pk=batch_id)
        if batch.state != ImportState.BRINGING:
            return
        unbounded()
        try:
            with transaction.atomic():
                _bring(system("mapdata"), batch, good_only=good_only)
        except ProblemError as error:
            compare(batch)
            batch.state, batch.error = ImportState.CHECKED, {"code": error.code, "message": str(error)}
            batch.save()


def _bring(actor: Actor, batch: ImportBatch, *, good_only: bool) -> None:
    compared = compare(batch)  # somebody may have used a code since the check
    if batch.counts["bad"] and not good_only:
        raise RowsAreBad(bad=batch.counts["bad"], good=batch.counts["good"])
    if not batch.counts["good"]:
        raise BadInput.one("rows", "none", _("There is no good row to bring in."))
    count = grids.bring(actor, batch, compared) if compared is not None else _insert(batch, TARGETS[batch.layer.backing])
    batch.counts["brought_in"] = count
    batch.state, batch.brought_in_at, batch.error = ImportState.DONE, now(), {}
    batch.save()
    audit.record(
        actor, action="geography.import.brought_in",
        data={"layer": batch.layer.code, "import": str(batch.uid), "rows": count, "left_out": batch.counts["rows"] - batch.counts["good"], "sha256": batch.sha256, "by": batch.made_by_id},
    )  # fmt: skip
    transaction.on_commit(lambda: path_of(batch).unlink(missing_ok=True))


def _insert(batch: ImportBatch, target: Target) -> int:
    names, values, parameters = target.insert()
    quote = connection.ops.quote_name
    give_keys(batch, target, _bases(batch) if batch.layer.backing == Backing.ASSETS else [])
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(
                    f"INSERT INTO {quote(target.table)} ({', '.join(quote(n) for n in names)}) SELECT {', '.join(values)}"
                    f" FROM {GIVEN} g JOIN {ROWS} r ON r.id = g.row_id JOIN yw_geography_importbatch b ON b.id = r.batch_id LEFT JOIN {PLACED} s ON s.row_id = r.id",
                    parameters,
                )
                count = int(cursor.rowcount)
        except IntegrityError as error:  # a code was given to something else at this very moment
            raise RowsAreBad(bad=1, good=batch.counts["good"] - 1) from error
        cursor.execute(
            f"UPDATE {ROWS} r SET object_id = g.object_id, code = g.code, stamp = {target.fingerprint()}"
            f" FROM {GIVEN} g JOIN {quote(target.table)} o ON o.id = g.object_id WHERE r.id = g.row_id"
        )
    return count


def _bases(batch: ImportBatch) -> list[tuple[str, str, str, int]]:
    """Return where the codes of components without one go on: (district, class, prefix, last number), with nobody else between."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.district, r.values->>'class_code', count(*) FROM {ROWS} r JOIN {PLACED} s ON s.row_id = r.id"
            " WHERE r.batch_id = %s AND r.code = '' AND r.problems = '[]' AND s.district IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
            [batch.pk],
        )
        for district, class_code, count in cursor.fetchall():
            prefix = f"{district}{class_code}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"asset-code:{prefix}"])
            cursor.execute(
                "SELECT greatest((SELECT max(code) FROM yw_geography_asset WHERE code LIKE %s AND length(code) = 17),"
                f" (SELECT max(code) FROM {ROWS} WHERE batch_id = %s AND code LIKE %s AND length(code) = 17 AND problems = '[]'))",
                [prefix + "%", batch.pk, prefix + "%"],
            )
            last = int(str(cursor.fetchone()[0] or "0")[-6:])
            try:
                asset_code(district, class_code, last + count)
            except CodeError as error:
                raise BadInput.one("code", "exhausted", _("District %(district)s has no free code of class %(class)s left.") % {"district": district, "class": class_code}) from error
            found.append((district, class_code, prefix, last))
    return found


def undo(actor: Actor, uid: UUID) -> ImportBatch:
    """Take a whole import back, a large one by a job. The same call twice takes it back once.

    Raises
    ------
    RowsInUse
        Some of its rows were changed, or something names them (a case, a plate, a grid); they are listed, nothing is taken back.
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state in (ImportState.UNDONE, ImportState.UNDOING):
            return batch
        if batch.state != ImportState.DONE:
            raise NotNow(state=batch.get_state_display())
        if not batch.rows.exists():
            raise BadInput.one("import", "too-old", _("This import was made too long ago: what it brought in is no longer kept apart."))
        if batch.counts.get("brought_in", 0) > (grids.WAIT_GRIDS if batch.layer.backing == Backing.UNIT_GRIDS else WAIT_ROWS):
            batch.state, batch.undone_by_id, batch.error = ImportState.UNDOING, actor.account_id, {}
            batch.save()
            enqueue("mapdata.undo", batch_id=batch.pk)
            return batch
        _undo(actor, batch)
    return batch


def undo_now(batch_id: int) -> None:
    """Take a large import back, in a job; when it cannot be, it stays brought in and says why."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("layer").get(pk=batch_id)
        if batch.state != ImportState.UNDOING:
            return
        unbounded()
        by = batch.undone_by_id
        try:
            with transaction.atomic():
                _undo(system("mapdata"), batch)
        except ProblemError as error:
            batch.state, batch.undone_at, batch.error = ImportState.DONE, None, {"code": error.code, "message": str(error)}
        batch.undone_by_id = by if batch.state == ImportState.UNDONE else None
        batch.save()


def _undo(actor: Actor, batch: ImportBatch) -> None:
    count = grids.undo(actor, batch) if batch.layer.backing == Backing.UNIT_GRIDS else _delete(batch, TARGETS[batch.layer.backing])
    batch.state, batch.undone_at, batch.undone_by_id, batch.error = ImportState.UNDONE, now(), actor.account_id, {}
    batch.save()
    audit.record(actor, action="geography.import.undone", data={"layer": batch.layer.code, "import": str(batch.uid), "rows": count})


def _delete(batch: ImportBatch, target: Target) -> int:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT o.id FROM {quote(target.table)} o JOIN {ROWS} r ON r.object_id = o.id WHERE r.batch_id = %s ORDER BY o.id FOR UPDATE OF o) held",
            [batch.pk],
        )
        held, count = _held(cursor, batch, target)
        if count:
            raise RowsInUse(rows=tuple(held), count=count)
        cursor.execute(f"DELETE FROM {quote(target.table)} o USING {ROWS} r WHERE r.batch_id = %s AND o.id = r.object_id", [batch.pk])
        return int(cursor.rowcount)


def _held(cursor: Any, batch: ImportBatch, target: Target) -> tuple[list[str], int]:
    """Return the rows that were changed, removed or used since, the first of them as "row 3 (code)", and their number."""
    quote = connection.ops.quote_name
    asked = [
        f"SELECT r.number, r.code FROM {ROWS} r LEFT JOIN {quote(target.table)} o ON o.id = r.object_id"
        f" WHERE r.batch_id = %(batch)s AND r.object_id IS NOT NULL AND (o.id IS NULL OR {target.fingerprint()} <> r.stamp)",
        *(
            f"SELECT r.number, r.code FROM {quote(table)} u JOIN {ROWS} r ON r.object_id = u.{quote(column)} WHERE r.batch_id = %(batch)s"
            for table, column in users_of(target.model)
        ),
    ]
    cursor.execute(f"SELECT number, code, count(*) OVER () FROM ({' UNION '.join(asked)}) held ORDER BY number LIMIT {grids.NAMED}", {"batch": batch.pk})
    rows = cursor.fetchall()
    return [grids.named(number, code) for number, code, _count in rows], rows[0][2] if rows else 0


def discard(actor: Actor, uid: UUID) -> ImportBatch:
    """Throw an import away that was not brought in: its file and its rows."""
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state == ImportState.DISCARDED:
            return batch
        if batch.state in (ImportState.DONE, ImportState.UNDONE):
            raise NotNow(state=batch.get_state_display())
        batch.rows.all().delete()
        batch.state = ImportState.DISCARDED
        batch.save()
        audit.record(actor, action="geography.import.discarded", data={"layer": batch.layer.code, "import": str(batch.uid)})
        transaction.on_commit(lambda: path_of(batch).unlink(missing_ok=True))
    return batch
