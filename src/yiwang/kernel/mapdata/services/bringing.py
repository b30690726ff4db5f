"""Bringing checked rows into the layer, all or nothing, and taking a whole import back."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.jobs import enqueue
from yiwang.kernel.geography.models import Backing, ImportBatch, ImportState
from yiwang.kernel.geography.rules.codes import CodeError, asset_code
from yiwang.kernel.mapdata import queries, words
from yiwang.kernel.mapdata.errors import NotNow, RowsAreBad, RowsInUse, Shifted
from yiwang.kernel.mapdata.services.checking import compare
from yiwang.kernel.mapdata.services.receiving import path_of
from yiwang.kernel.mapdata.targets import TARGETS, Target, area_of, users_of

_ROWS = "yw_geography_importrow"
WAIT_ROWS = 20_000  # more are brought in by a job
NAMED = 20  # rows that a refusal names


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
        if batch.counts["rows"] > WAIT_ROWS:
            if batch.counts["bad"] and not good_only:
                raise RowsAreBad(bad=batch.counts["bad"], good=batch.counts["good"])
            batch.state = ImportState.BRINGING
            batch.save()
            audit.record(actor, action="geography.import.ordered", data={"layer": batch.layer.code, "import": str(batch.uid)})
            enqueue("mapdata.bring", batch_id=batch.pk, good_only=good_only)
            return batch
        refused = None
        try:
            with transaction.atomic():
                _bring(actor, batch, good_only=good_only)
        except RowsAreBad as error:
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
        try:
            with transaction.atomic():
                _bring(system("mapdata"), batch, good_only=good_only)
        except (RowsAreBad, BadInput) as error:
            compare(batch)
            batch.state, batch.error = ImportState.CHECKED, {"code": error.code, "message": str(error)}
            batch.save()


def _bring(actor: Actor, batch: ImportBatch, *, good_only: bool) -> None:
    target = TARGETS[batch.layer.backing]
    compare(batch)  # somebody may have used a code since the check
    if batch.counts["bad"] and not good_only:
        raise RowsAreBad(bad=batch.counts["bad"], good=batch.counts["good"])
    if not batch.counts["good"]:
        raise BadInput.one("rows", "none", _("There is no good row to bring in."))
    if batch.layer.backing == Backing.ASSETS:
        _give_codes(batch)
    count = _insert(batch, target)
    batch.counts["brought_in"] = count
    batch.state, batch.brought_in_at, batch.error = ImportState.DONE, now(), {}
    batch.save()
    audit.record(
        actor, action="geography.import.brought_in",
        data={"layer": batch.layer.code, "import": str(batch.uid), "rows": count, "left_out": batch.counts["bad"], "sha256": batch.sha256, "by": batch.made_by_id},
    )  # fmt: skip
    transaction.on_commit(lambda: path_of(batch).unlink(missing_ok=True))


def _insert(batch: ImportBatch, target: Target) -> int:
    names, values, parameters = target.insert()
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [target.table])
        sequence = cursor.fetchone()[0]
        cursor.execute(f"UPDATE {_ROWS} SET object_id = nextval(%s::regclass) WHERE batch_id = %s AND problems = '[]'", [sequence, batch.pk])
        try:
            with transaction.atomic():
                cursor.execute(
                    f"INSERT INTO {quote(target.table)} ({', '.join(quote(n) for n in names)}) SELECT {', '.join(values)}"
                    f" FROM {_ROWS} r JOIN yw_geography_importbatch b ON b.id = r.batch_id {area_of()}"
                    " WHERE r.batch_id = %s AND r.object_id IS NOT NULL",
                    [*parameters, batch.pk],
                )
                count = int(cursor.rowcount)
        except IntegrityError as error:  # a code was given to something else at this very moment
            raise RowsAreBad(bad=1, good=batch.counts["good"] - 1) from error
        cursor.execute(
            f"UPDATE {_ROWS} r SET stamp = {target.fingerprint()} FROM {quote(target.table)} o WHERE r.batch_id = %s AND o.id = r.object_id", [batch.pk]
        )
    return count


def _give_codes(batch: ImportBatch) -> None:
    """Give components without a code the next free ones of their district and class; the order of the file is kept."""
    located = (
        f"SELECT r.id, r.number, d.code AS district, r.values->>'class_code' AS class_code FROM {_ROWS} r {area_of()}"
        " JOIN LATERAL (SELECT left(a.code, 6) AS code FROM yw_areas_area a WHERE a.id = ANY(string_to_array(trim(trailing '.' FROM s.area_path), '.')::bigint[])"
        " AND (a.level = 'district' OR a.parent_id IS NULL) ORDER BY length(a.path) DESC LIMIT 1) d ON true"
        " WHERE r.batch_id = %s AND r.code = '' AND r.problems = '[]'"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT district, class_code, count(*) FROM ({located}) x GROUP BY 1, 2 ORDER BY 1, 2", [batch.pk])
        for district, class_code, count in cursor.fetchall():
            prefix = f"{district}{class_code}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"asset-code:{prefix}"])
            cursor.execute(
                "SELECT greatest((SELECT max(code) FROM yw_geography_asset WHERE code LIKE %s AND length(code) = 17),"
                f" (SELECT max(code) FROM {_ROWS} WHERE batch_id = %s AND code LIKE %s AND length(code) = 17 AND problems = '[]'))",
                [prefix + "%", batch.pk, prefix + "%"],
            )
            found = cursor.fetchone()[0]
            last = int(found[-6:]) if found else 0
            try:
                asset_code(district, class_code, last + count)
            except CodeError as error:
                raise BadInput.one("code", "exhausted", _("District %(district)s has no free code of class %(class)s left.") % {"district": district, "class": class_code}) from error
            cursor.execute(
                f"UPDATE {_ROWS} r SET code = %s || lpad((%s + n.at)::text, 6, '0') FROM (SELECT id, row_number() OVER (ORDER BY number) AS at"
                f" FROM ({located}) x WHERE district = %s AND class_code = %s) n WHERE r.id = n.id",
                [prefix, last, batch.pk, district, class_code],
            )


def undo(actor: Actor, uid: UUID) -> ImportBatch:
    """Take a whole import back. The same call twice takes it back once.

    Raises
    ------
    RowsInUse
        Some of its rows were changed, or something names them (a case, a plate, a grid); they are listed, nothing is taken back.
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state == ImportState.UNDONE:
            return batch
        if batch.state != ImportState.DONE:
            raise NotNow(state=batch.get_state_display())
        if not batch.rows.exists():
            raise BadInput.one("import", "too-old", _("This import was made too long ago: what it brought in is no longer kept apart."))
        target = TARGETS[batch.layer.backing]
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT o.id FROM {quote(target.table)} o JOIN {_ROWS} r ON r.object_id = o.id WHERE r.batch_id = %s ORDER BY o.id FOR UPDATE OF o", [batch.pk]
            )
            held = _held(cursor, batch, target)
            if held:
                raise RowsInUse(rows=tuple(held[:NAMED]), count=len(held))
            cursor.execute(f"DELETE FROM {quote(target.table)} o USING {_ROWS} r WHERE r.batch_id = %s AND o.id = r.object_id", [batch.pk])
            count = int(cursor.rowcount)
        batch.state, batch.undone_at, batch.undone_by_id = ImportState.UNDONE, now(), actor.account_id
        batch.save()
        audit.record(actor, action="geography.import.undone", data={"layer": batch.layer.code, "import": str(batch.uid), "rows": count})
    return batch


def _held(cursor: Any, batch: ImportBatch, target: Target) -> list[str]:
    """Return the rows that were changed, removed or used since, as "row 3 (code)"."""
    quote = connection.ops.quote_name
    cursor.execute(
        f"SELECT r.number, r.code FROM {_ROWS} r LEFT JOIN {quote(target.table)} o ON o.id = r.object_id"
        f" WHERE r.batch_id = %s AND r.object_id IS NOT NULL AND (o.id IS NULL OR {target.fingerprint()} <> r.stamp)",
        [batch.pk],
    )
    found = set(cursor.fetchall())
    for table, column in users_of(target.model):
        cursor.execute(
            f"SELECT DISTINCT r.number, r.code FROM {quote(table)} u JOIN {_ROWS} r ON r.object_id = u.{quote(column)} WHERE r.batch_id = %s", [batch.pk]
        )
        found |= set(cursor.fetchall())
    return [_("row %(number)s (%(code)s)") % {"number": n, "code": c} if c else _("row %(number)s") % {"number": n} for n, c in sorted(found)]


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
