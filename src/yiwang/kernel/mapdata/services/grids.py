"""Unit grids by file: what each row would be, community by community, by the same plan as a change at the grids desk.

A row is `kept` when the same grid stands there already, `new` otherwise; what it takes the place of is closed by the one
service that changes grids. A community with a bad row stays as it is as a whole, because grids leave no gaps.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import shapely
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.geography.gridwork import GridChange, GridPiece, GridPlan, Remark
from yiwang.kernel.geography.models import AreaShape, ImportBatch, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries.gridplan import plan
from yiwang.kernel.geography.rules import grids as rules
from yiwang.kernel.geography.rules.codes import LAST_GRID, RESPONSIBILITY_CODE
from yiwang.kernel.geography.services.gridfile import bring_grids, built_on, take_back_grids
from yiwang.kernel.mapdata.contracts import CODE
from yiwang.kernel.mapdata.errors import RowsInUse
from yiwang.kernel.mapdata.services.locating import PLACED, ROWS
from yiwang.kernel.mapdata.services.reading import refused
from yiwang.kernel.mapdata.targets import users_of

MOST_GRIDS = 50_000  # of one file
WAIT_GRIDS = 300  # more are checked and brought in by a job
NAMED = 20  # rows that a refusal names
SHOWN = 200  # communities that the preview names
PROBLEMS = (
    "code_twice", "no_community", "no_home", "code_community", "code_used", "several_areas", "future", "overlap_file", "overlap_table",
    "outside_community", "grid_size", "gap", "seam", "exhausted", "refused", "beat_rule", "beat_street", "beat_apart",
)  # fmt: skip


@dataclass
class Row:
    """A row of the file that may become a grid."""

    pk: int
    number: int
    code: str
    named: str  # its community, by code or name
    placed: str  # code of the community in which it lies
    bad: bool
    values: dict[str, Any] = field(default_factory=dict)
    shape: BaseGeometry | None = None


@dataclass
class Work:
    """What the file would do in one community."""

    area: Area
    rows: list[Row]
    kept: list[Row] = field(default_factory=list)
    fresh: list[Row] = field(default_factory=list)  # in the order of the plan's pieces
    plan: GridPlan | None = None
    dated: int = 0  # rows whose day is not taken, because they take the place of others

    @property
    def is_clean(self) -> bool:
        return not any(row.bad for row in self.rows)


class Comparison:
    """Compares the rows of a batch with each other and with the grids in force; `works` is what would be done."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.replaces = bool(batch.chosen.get("replace"))
        self.told: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.works: list[Work] = []

    def run(self) -> "Comparison":
        """Find everything out and write the problems to the rows.

        Raises
        ------
        FileRefused
            More grids than are taken at once.
        """
        rows = self._rows()
        if len(rows) > MOST_GRIDS:
            raise refused("too_many_rows", count=len(rows), most=MOST_GRIDS)
        for area, own in self._homes(rows):
            self.works.append(self._work(area, own))
        self._beats()
        self._write()
        return self

    def tell(self, row: Row, code: str, name: str = "", /, **facts: Any) -> None:
        row.bad = True
        self.told[row.pk].append({"code": code, "field": name, "facts": facts})

    def _rows(self) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.id, r.number, r.code, coalesce(r.values->>'community', ''), coalesce((SELECT a.code FROM yw_areas_area a"
                " WHERE a.id = ANY(string_to_array(trim(trailing '.' FROM p.area_path), '.')::bigint[]) AND a.level = 'community'), ''),"
                f" r.problems <> '[]' FROM {ROWS} r LEFT JOIN {PLACED} p ON p.row_id = r.id WHERE r.batch_id = %s ORDER BY r.number LIMIT %s",
                [self.batch.pk, MOST_GRIDS + 1],
            )
            return [Row(*found) for found in cursor.fetchall()]

    def _homes(self, rows: Sequence[Row]) -> Iterable[tuple[Area, list[Row]]]:
        """Yield each community with its rows: by what the row says, by its code, by where it lies."""
        areas = {a.code: a for a in Area.objects.filter(level=AreaLevel.COMMUNITY, valid_to__isnull=True).select_related("parent")}
        names: dict[str, list[str]] = defaultdict(list)
        for area in areas.values():
            names[str(area.name.get("zh-Hans", ""))].append(area.code)
        first: dict[str, int] = {}
        homes: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.code:
                if (before := first.setdefault(row.code, row.number)) != row.number:
                    self.tell(row, "code_twice", CODE, first=before, value=row.code)
                if len(row.code) == 15 and row.code[:12] not in areas:
                    self.tell(row, "no_community", CODE, value=row.code[:12])
            found = row.named if row.named in areas else names[row.named][0] if len(names.get(row.named, ())) == 1 else ""
            if row.named and not found:
                self.tell(row, "no_community", "community", value=row.named[:60])
            by_code = row.code[:12] if row.code[:12] in areas else ""
            if found and by_code and by_code != found:
                self.tell(row, "code_community", CODE, value=row.code, community=found)
            home = found or by_code or (row.placed if row.placed in areas else "")
            if not home and not row.bad:
                self.tell(row, "no_home")
            if home:
                homes[home].append(row)
        for code in sorted(homes):
            yield areas[code], homes[code]

    def _work(self, area: Area, rows: list[Row]) -> Work:
        work = Work(area, rows)
        self._fill(rows)
        standing = {
            s.area_id: s for s in AreaShape.objects.filter(area__parent=area, level=AreaLevel.GRID, area__valid_to__isnull=True).select_related("area")
        }
        shapes = {pk: shapely.from_wkb(bytes(s.shape.wkb)) for pk, s in standing.items()}
        tree, keys = shapely.STRtree(list(shapes.values())), list(shapes)
        by_code = {s.area.code: pk for pk, s in standing.items()}
        used = set(Area.objects.filter(level=AreaLevel.GRID, code__startswith=area.code).values_list("code", flat=True))
        today, replaced, standing_on = timezone.localdate().isoformat(), set[int](), set[int]()
        for row in rows:
            if row.shape is None:
                continue
            near = [keys[n] for n in tree.query(row.shape)]
            same = next((pk for pk in near if (not row.code or by_code.get(row.code) == pk) and rules.same_ground(row.shape, shapes[pk])), None)
            if same is not None:
                work.kept.append(row)
                standing_on.add(same)
                continue
            since = row.values.get("valid_from") or ""
            if row.code in used:
                self.tell(row, "code_used", CODE, value=row.code)
            if since > today:
                self.tell(row, "future", "valid_from", value=since)
            under = [pk for pk in near if not rules.shared(row.shape, shapes[pk]).is_empty] if self.replaces else []
            if under and since and since < today:  # the old one is in force until now: the new one begins today
                row.values = {**row.values, "valid_from": None}
                work.dated += 1
            replaced |= set(under)
            work.fresh.append(row)
        for row in work.fresh[LAST_GRID:]:
            self.tell(row, "exhausted", CODE, most=LAST_GRID)
        work.fresh = work.fresh[:LAST_GRID]
        if work.fresh:
            self._plan(work, tuple(str(standing[pk].area.uid) for pk in sorted(replaced - standing_on)))
        return work

    def _fill(self, rows: Sequence[Row]) -> None:
        """Read values and shapes of a community's rows, and say which of them are no single area.

        A row with a bad code or value keeps its shape: what lies beside it is not blamed for the gap that it would leave.
        """
        found = {r.pk: r for r in self.batch.rows.filter(pk__in=[row.pk for row in rows])}
        for row in rows:
            if (full := found[row.pk]).geometry is None:
                continue
            shape = shapely.from_wkb(bytes(full.geometry.wkb))
            row.values = full.values
            if not shape.is_valid:
                continue  # said by the reader
            try:
                row.shape = rules.as_polygon(shape)
            except rules.GridRuleError:
                self.tell(row, "several_areas", n=len(getattr(shape, "geoms", ())))

    def _plan(self, work: Work, old: tuple[str, ...]) -> None:
        change = GridChange(
            kind="file", community=work.area.code, grids=old, reason=_("from the file %(name)s") % {"name": self.batch.file_name},
            pieces=tuple(GridPiece(row.shape) if row.bad else _piece(row) for row in work.fresh),
        )  # fmt: skip
        try:
            work.plan = plan(system("mapdata"), change)
        except ProblemError as error:
            self.tell(work.fresh[0], "refused", text=str(error)[:300])
            return
        for remark in work.plan.remarks:
            if remark.level == "error":
                self._remark(work, remark)

    def _remark(self, work: Work, remark: Remark) -> None:
        facts = dict(remark.facts)
        if remark.rule == "G06" and any(row.shape is None for row in work.rows):
            return  # the gap is that row's
        if remark.piece is None:  # of the whole community: told to the rows beside it
            near = [row for row in work.fresh if row.shape is not None and remark.shape is not None and row.shape.dwithin(remark.shape, 1e-5)]
            for row in near or work.fresh[:1]:
                self.tell(row, remark.reason, m2=facts["m2"])
            return
        row = work.fresh[remark.piece]
        if remark.reason == "overlap":
            self.tell(row, "overlap_file", m2=facts["m2"], other=work.fresh[int(str(facts["other"])) - 1].number)
        elif remark.reason == "taken":
            self.tell(row, "overlap_table", m2=facts["m2"], other=", ".join(list(facts["others"])[:3]))  # type: ignore[call-overload]
        elif remark.reason == "outside":
            self.tell(row, "outside_community", m2=facts["m2"])
        elif remark.reason == "size":
            self.tell(row, "grid_size", **facts)
        elif remark.reason == "invalid":
            self.tell(row, "refused", text=remark.text)
        else:
            self.tell(row, remark.reason, **facts)

    def _beats(self) -> None:
        """Look whether the responsibility grids (责任网格) would still hang together, and lie in one street."""
        streets: dict[str, int | None] = {}
        rows_of: dict[str, list[Row]] = defaultdict(list)
        shapes: dict[str, list[BaseGeometry]] = defaultdict(list)
        closed: list[int] = []
        known = dict(ResponsibilityGrid.objects.filter(valid_to__isnull=True).values_list("code", "area_id"))
        for work in self.works:
            for row in work.fresh:
                if code := str(row.values.get("responsibility_grid") or ""):
                    if not RESPONSIBILITY_CODE.match(code) or code[:6] != work.area.code[:6]:
                        self.tell(row, "beat_rule", "responsibility_grid", value=code)
                    elif streets.setdefault(code, known.get(code, work.area.parent_id)) != work.area.parent_id:
                        self.tell(row, "beat_street", "responsibility_grid", value=code)
            if work.plan is None or not work.is_clean:
                continue
            closed += work.plan.old_ids
            for row, planned in zip(work.fresh, work.plan.pieces, strict=True):
                if code := planned.responsibility_code:
                    rows_of[code].append(row)
                    shapes[code].append(planned.shape)
        stay = UnitGrid.objects.filter(responsibility_grid__code__in=rows_of, responsibility_grid__valid_to__isnull=True).exclude(area_id__in=closed)
        codes = dict(stay.values_list("area_id", "responsibility_grid__code"))
        for area_id, shape in AreaShape.objects.filter(area_id__in=codes).values_list("area_id", "shape"):
            shapes[codes[area_id]].append(shapely.from_wkb(bytes(shape.wkb)))
        for code, members in shapes.items():
            union = shapely.union_all([shapely.set_precision(s, 1e-9) for s in members], grid_size=1e-9)
            if (parts := len(getattr(union, "geoms", [union]))) > 1:
                for row in rows_of[code]:
                    self.tell(row, "beat_apart", "responsibility_grid", value=code, parts=parts)

    def _write(self) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {ROWS} SET problems = problems || %s::jsonb WHERE id = %s", [(json.dumps(problems), pk) for pk, problems in self.told.items()]
            )

    def counted(self) -> dict[str, Any]:
        """Return what the preview shows, of the communities without a bad row, and how many rows these have."""
        clean = [w for w in self.works if w.is_clean]
        plans = [w.plan for w in clean if w.plan is not None]
        shown = [
            {
                "code": w.area.code, "name": w.area.name, "clean": w.is_clean, "new": len(w.fresh), "kept": len(w.kept), "bad": sum(r.bad for r in w.rows),
                "closed": list(w.plan.old_codes[:20]) if w.plan else [], "closed_count": len(w.plan.old_codes) if w.plan else 0,
                "components": w.plan.components if w.plan else 0, "open": w.plan.work.count if w.plan else 0,
                "uncovered": next((r.facts["m2"] for r in w.plan.remarks if r.reason == "uncovered"), 0) if w.plan else 0,
                "dated": w.dated, "unusual": sum(r.reason == "unusual" for r in w.plan.remarks) if w.plan else 0,
            }
            for w in self.works[:SHOWN]
        ]  # fmt: skip
        return {
            "new": sum(len(w.fresh) for w in clean), "kept": sum(len(w.kept) for w in clean), "closed": sum(len(p.old_codes) for p in plans),
            "components": sum(p.components for p in plans), "open": sum(p.work.count for p in plans), "communities": shown, "count": len(self.works),
            "left_out": len(self.works) - len(clean),
        }  # fmt: skip


def _piece(row: Row) -> GridPiece:
    value = row.values
    assert isinstance(row.shape, Polygon)
    return GridPiece(
        shape=row.shape, code=row.code, name=str(value.get("name") or ""), manual_level=str(value.get("manual_level") or ""),
        land_use=str(value.get("land_use") or ""), responsible_org_id=value.get("responsible_org"), remark=str(value.get("remark") or ""),
        responsibility_code=str(value.get("responsibility_grid") or ""),
        valid_from=date.fromisoformat(value["valid_from"]) if value.get("valid_from") else None,
    )  # fmt: skip


def bring(actor: Actor, batch: ImportBatch, compared: Comparison) -> int:
    """Do what was planned for the communities without a bad row, in one transaction; return how many grids are new.

    Raises
    ------
    BadInput
        All of them are there already.
    GridRefused
        Something does not go together that no row alone shows.
    """
    works = [w for w in compared.works if w.is_clean and w.plan is not None]
    if not works:
        raise BadInput.one("rows", "none", _("There is nothing to bring in: all these grids are there already, as they are."))
    done = bring_grids(actor=actor, changes=[w.plan.change for w in works if w.plan is not None])
    made = [(pk, row.pk) for work, one in zip(works, done, strict=True) for pk, row in zip(one.new_ids, work.fresh, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {ROWS} SET object_id = %s WHERE id = %s", made)
        cursor.execute(
            f"UPDATE {ROWS} r SET code = o.code, stamp = {FINGERPRINT} FROM yw_areas_area o {_BESIDE} WHERE r.batch_id = %s AND o.id = r.object_id", [batch.pk]
        )
    batch.counts["grids"] |= {"events": [str(one.event_uid) for one in done], "work": sum(one.work for one in done)}
    return len(made)


# The area stands for the shape: a neighbour that is redrawn may put a corner into the border they share, which changes no ground.
FINGERPRINT = (
    "md5(concat_ws('|', o.code, o.name::text, o.manual_level, coalesce(o.valid_to::text, ''), sh.area_m2::text,"
    " coalesce(u.responsibility_grid_id::text, ''), u.land_use, coalesce(u.responsible_org_id::text, ''), u.remark))"
)
_BESIDE = "JOIN yw_geography_areashape sh ON sh.area_id = o.id JOIN yw_geography_unitgrid u ON u.area_id = o.id"


def undo(actor: Actor, batch: ImportBatch) -> int:
    """Take the grids back and put those into force again whose place they took; return how many went.

    Raises
    ------
    RowsInUse
        One was changed since, or something came to stand on it; nothing is taken back.
    """
    facts = batch.counts["grids"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.number, r.code, o.id IS NOT NULL AND r.stamp = {FINGERPRINT} FROM {ROWS} r LEFT JOIN (yw_areas_area o {_BESIDE}) ON o.id = r.object_id"
            " WHERE r.batch_id = %s AND r.object_id IS NOT NULL ORDER BY r.number",
            [batch.pk],
        )
        changed = [named(number, code) for number, code, is_same in cursor.fetchall() if not is_same]
    ids = [pk for pk in batch.rows.values_list("object_id", flat=True) if pk is not None]
    events = [UUID(uid) for uid in facts["events"]]
    held = changed or built_on(actor, event_uids=events, new_ids=ids, work=facts["work"])
    if held:
        raise RowsInUse(rows=tuple(held[:NAMED]), count=len(held))
    reason = _("import undone: %(name)s") % {"name": batch.file_name}
    assert batch.brought_in_at is not None
    take_back_grids(actor=actor, event_uids=events, new_ids=ids, brought_at=batch.brought_in_at, reason=reason)
    with connection.cursor() as cursor:
        asked = " UNION ".join(
            f"SELECT r.number, r.code FROM {connection.ops.quote_name(table)} u JOIN {ROWS} r ON r.object_id = u.{connection.ops.quote_name(column)} WHERE r.batch_id = %(batch)s"
            for table, column in users_of(Area)
        )
        cursor.execute(asked, {"batch": batch.pk})
        if used := sorted(cursor.fetchall()):  # an ended case names the grid in which it ended
            raise RowsInUse(rows=tuple(named(*row) for row in used[:NAMED]), count=len(used))
        cursor.execute("DELETE FROM yw_areas_area WHERE id = ANY(%s)", [ids])
    return len(ids)


def named(number: int, code: str) -> str:
    """Return how a refusal names a row."""
    return _("row %(number)s (%(code)s)") % {"number": number, "code": code} if code else _("row %(number)s") % {"number": number}
