"""Reading every row and saying what is wrong with it; nothing is written to the layer."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.jobs import enqueue
from yiwang.kernel.geography.models import Backing, CodeRule, ImportBatch, ImportState, Layer
from yiwang.kernel.geography.queries.geocoding import place_by_address
from yiwang.kernel.geography.rules.codes import GRID_CODE, RESPONSIBILITY_CODE, CodeError, grid_code, parse_asset_code
from yiwang.kernel.geography.rules.offsets import judge
from yiwang.kernel.geography.rules.schemas import ValueProblem, checked_pattern, fitted
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.mapdata import queries, words
from yiwang.kernel.mapdata.contracts import CODE, FieldMapping
from yiwang.kernel.mapdata.errors import FileRefused, NotNow
from yiwang.kernel.mapdata.services import grids, reading
from yiwang.kernel.mapdata.services.locating import PLACED, locate
from yiwang.kernel.mapdata.services.receiving import path_of
from yiwang.kernel.mapdata.targets import TARGETS, attributes_of

Problem = dict[str, Any]
_ROWS = "yw_geography_importrow"
TELL_EVERY = 5000


def check(actor: Actor, uid: UUID) -> ImportBatch:
    """Read all rows with what was decided, check them, and keep them beside the layer for the preview.

    Raises
    ------
    BadInput
        No coordinate system, or a required attribute has neither field nor fixed value.
    NotNow, FileRefused
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state not in (ImportState.MAPPING, ImportState.CHECKED):
            raise NotNow(state=batch.get_state_display())
        _decided(batch)
        scopes = actor.scopes(batch.layer.edit_permission)
        paths = [scope.area_path for scope in scopes if not scope.org_path]
        batch.chosen["within"] = [""] if "" in paths else paths
        batch.error, batch.done = {}, 0
        if batch.size > settings.MAP_FILE_WAIT_BYTES or (batch.layer.backing == Backing.UNIT_GRIDS and batch.total > grids.WAIT_GRIDS):
            batch.state = ImportState.CHECKING
            batch.save()
            enqueue("mapdata.check", batch_id=batch.pk)
            return batch
        stage(batch)
    return batch


def _decided(batch: ImportBatch) -> None:
    errors = []
    if not batch.chosen.get("crs"):
        errors.append({"field": "crs", "code": "missing", "message": _("Choose the coordinate system.")})
    if batch.format == "csv" and not batch.chosen.get("wkt") and not (batch.chosen.get("x") and batch.chosen.get("y")):
        errors.append({"field": "x", "code": "missing", "message": _("Say which columns hold longitude and latitude, or WKT.")})
    mapping = FieldMapping.of(batch.mapping)
    names = queries.labels(batch.layer)
    for attribute in attributes_of(batch.layer):
        name = attribute["name"]
        if attribute.get("required") and not mapping.fields.get(name) and not mapping.fixed.get(name) and name != "class_code":
            message = _("Say which field holds it, or one value for all: %(name)s") % {"name": names[name]}
            errors.append({"field": f"field_{name}", "code": "missing", "message": message})
    if errors:
        raise BadInput(errors=tuple(errors))


def check_now(batch_id: int) -> None:
    """Do the check of a large file, in a job. A second call while one runs waits and then finds it done."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("layer").get(pk=batch_id)
        if batch.state != ImportState.CHECKING:
            return
        unbounded()
        try:
            with transaction.atomic():
                stage(batch)
        except FileRefused as refusal:
            batch.state, batch.error = ImportState.MAPPING, {"code": refusal.reason, "message": refusal.words}
            batch.save()


def unbounded() -> None:
    """Let this transaction's statements take what they take: a job's, whose rows may be a million."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def stage(batch: ImportBatch) -> None:
    """Fill the rows of the batch, inside the caller's transaction and lock."""
    batch.rows.all().delete()
    asked = reading.request(
        "read", path_of(batch), batch.file_name, kind=batch.layer.geometry,
        choice={k: v for k, v in batch.chosen.items() if k != "within"},
    )  # fmt: skip
    judged = Judge(batch.layer, FieldMapping.of(batch.mapping))
    columns = "batch_id, number, values, geometry, problems, mended, code, stamp"
    with connection.cursor() as cursor, cursor.copy(f"COPY {_ROWS} ({columns}) FROM STDIN") as copy:
        for number, values, code, shape, problems, mended in judged.rows(reading.answers(asked)):
            copy.write_row((batch.pk, number, json.dumps(values, ensure_ascii=False), shape, json.dumps(problems, ensure_ascii=False) if problems else "[]", mended, code, ""))
    compare(batch)
    batch.state = ImportState.CHECKED
    batch.save()


class Judge:
    """Makes rows of ours of the reader's lines, and says what does not fit."""

    def __init__(self, layer: Layer, mapping: FieldMapping) -> None:
        self.layer, self.mapping = layer, mapping
        self.attributes = attributes_of(layer)
        self.pattern = checked_pattern(layer.code_pattern) if layer.code_rule == CodeRule.PATTERN else None
        self.orgs = _organizations() if any(a["type"] == "org" for a in self.attributes) else {}
        # What neither has a field nor is required is nothing in any row; words of a list are looked up once.
        self.asked = [a for a in self.attributes if a.get("required") or mapping.fields.get(a["name"]) or mapping.fixed.get(a["name"])]
        self.known: dict[tuple[str, str], Any] = {}

    def rows(self, lines: Iterator[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any], str, str | None, list[Problem], bool]]:
        for line in lines:
            if "n" not in line:
                continue
            problems: list[Problem] = [
                {"code": code, "facts": facts, **({"field": facts["field"]} if "field" in facts else {})} for code, facts in line["p"]
            ]
            values = self._values(line["v"], problems)
            code = self._code(line["v"], values, problems)
            yield int(line["n"]), values, code, line["g"], problems, bool(line["m"])

    def _raw(self, name: str, given: Mapping[str, Any]) -> Any:
        field = self.mapping.fields.get(name)
        if field:
            value = given.get(field)
            if value is not None and value != "":
                return value
        return self.mapping.fixed.get(name)

    def _values(self, given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for attribute in self.asked:
            name, raw = attribute["name"], self._raw(attribute["name"], given)
            try:
                value = self._fitted(attribute, raw)
            except ValueProblem as wrong:
                if wrong.reason == "missing" and name == "class_code" and self.layer.code_rule == CodeRule.ASSET:
                    continue  # the code may say it
                problems.append({"code": wrong.reason, "field": name, "facts": {**wrong.facts, "value": str(raw)[:60]}})
                continue
            if value is None:
                continue
            if attribute["type"] == "org":
                found = self.orgs.get(str(value))
                if found is None:
                    problems.append({"code": "org", "field": name, "facts": {"value": str(value)[:60]}})
                    continue
                value = found
            values[name] = value
        return values

    def _fitted(self, attribute: Mapping[str, Any], raw: Any) -> Any:
        if attribute["type"] == "org":
            return fitted({**attribute, "type": "text"}, raw)
        if not attribute.get("domain") or not isinstance(raw, str) or len(self.known) > 10_000:
            return fitted(attribute, raw)
        key = (attribute["name"], raw)
        if key not in self.known:
            self.known[key] = fitted(attribute, raw)
        return self.known[key]

    def _code(self, given: Mapping[str, Any], values: dict[str, Any], problems: list[Problem]) -> str:
        raw = self._raw(CODE, given)
        code = fitted({"name": CODE, "type": "text", "max_length": 4000}, raw) or ""
        rule = self.layer.code_rule
        if rule == CodeRule.UNIT_GRID and code:
            with suppress(CodeError):
                code = grid_code(code, "", settings.GRID_CODE_PATTERN)  # 14 digits of the old standard become 15

        def wrong(which: str, **facts: Any) -> None:
            problems.append({"code": which, "field": CODE, "facts": {"value": code[:64], **facts}})

        if rule == CodeRule.ASSET:
            self._asset_code(code, values, problems)
        elif not code and rule not in (CodeRule.NONE, CodeRule.UNIT_GRID):  # a unit grid without one gets the next of its community
            wrong("code_missing")
        elif code and (
            len(code) > 64
            or (rule == CodeRule.UNIT_GRID and not GRID_CODE.match(code))
            or (rule == CodeRule.RESPONSIBILITY_GRID and not RESPONSIBILITY_CODE.match(code))
            or (self.pattern is not None and not self.pattern.fullmatch(code))
        ):
            wrong("code_rule", rule=str(words.RULES.get(rule, "")))
        return code[:64]

    def _asset_code(self, code: str, values: dict[str, Any], problems: list[Problem]) -> None:
        facts: dict[str, Any] = {"value": code[:64]}
        if code:
            try:
                parsed = parse_asset_code(code)
            except CodeError:
                problems.append({"code": "code_rule", "field": CODE, "facts": {**facts, "rule": str(words.RULES["asset"])}})
            else:
                if parsed.generation == 2026 and values.setdefault("class_code", parsed.class_code) != parsed.class_code:
                    problems.append({"code": "code_class", "field": CODE, "facts": {**facts, "class_code": values["class_code"]}})
        known = any(p.get("field") == "class_code" for p in problems)
        if not known and not re.fullmatch(r"[0-9]{5}", str(values.get("class_code", ""))):
            problems.append({"code": "missing", "field": "class_code", "facts": {}})


def _organizations() -> dict[str, int]:
    """Return bodies by code and by name; a name that two of them have stands for none."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for pk, code, name in Organization.objects.filter(is_active=True).values_list("pk", "code", "name"):
        found[code] = pk
        for text in set(name.values()):
            if text in found and found[text] != pk:
                twice.add(text)
            found.setdefault(text, pk)
    return {text: pk for text, pk in found.items() if text not in twice}


def _add(batch: ImportBatch, code: str, field: str, facts: str, source: str, where: str, *parameters: Any, after: Sequence[Any] = ()) -> None:
    """Put a problem on every row of the batch that the query finds; `facts` is SQL of jsonb, `after` are the parameters of `where`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_ROWS} r SET problems = r.problems || jsonb_build_array(jsonb_build_object('code', %s::text, 'field', %s::text, 'facts', {facts}))"
            f" {source} WHERE r.batch_id = %s AND {where}",
            [code, field, *parameters, batch.pk, *after],
        )


_TABLE_PROBLEMS = ("code_twice", "code_taken", "outside", "no_area", "not_yours", "code_district", *grids.PROBLEMS)


def compare(batch: ImportBatch) -> grids.Comparison | None:
    """Compare the rows with each other and with the layer: codes, county, jurisdictions; count, and judge the coordinates.

    May be done again: what it said before is taken back first. Of unit grids it returns what would be done.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_ROWS} SET problems = (SELECT coalesce(jsonb_agg(p), '[]') FROM jsonb_array_elements(problems) p"
            " WHERE NOT (p->>'code' = ANY(%s))) WHERE batch_id = %s AND problems <> '[]'",
            [list(_TABLE_PROBLEMS), batch.pk],
        )
    target = TARGETS[batch.layer.backing]
    if target.taken:
        _twice(batch)
        _add(
            batch, "code_taken", CODE, "jsonb_build_object('value', r.code)", f"FROM {target.table} o, yw_geography_importbatch b",
            f"r.code <> '' AND o.code = r.code AND b.id = r.batch_id AND {target.taken}",
        )  # fmt: skip
    _places(batch, needs_area=target.needs_area)
    compared = grids.Comparison(batch).run() if batch.layer.backing == Backing.UNIT_GRIDS else None
    batch.counts = queries.counts(batch)
    batch.counts["good"] = batch.counts["rows"] - batch.counts["bad"]
    if compared is not None:
        found = compared.counted()
        batch.counts |= {"grids": found, "good": found["new"] + found["kept"]}
    shift = _shift(batch)
    if shift:
        batch.counts["shift"] = shift
    batch.total = batch.done = batch.counts["rows"]
    return compared


def _twice(batch: ImportBatch) -> None:
    """Find codes that stand in several rows. They are written down first: joined with the rows at once, they might be found anew for each."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.yw_import_twice")
        cursor.execute(
            "CREATE TEMP TABLE yw_import_twice ON COMMIT DROP AS SELECT id AS row_id, first FROM (SELECT id, number, min(number) OVER (PARTITION BY code) AS first"
            f" FROM {_ROWS} WHERE batch_id = %s AND code <> '') found WHERE number <> first",
            [batch.pk],
        )
        cursor.execute("CREATE UNIQUE INDEX ON yw_import_twice (row_id)")
        cursor.execute("ANALYZE yw_import_twice")
    _add(batch, "code_twice", CODE, "jsonb_build_object('first', d.first, 'value', r.code)", "FROM yw_import_twice d", "r.id = d.row_id")


def _places(batch: ImportBatch, *, needs_area: bool) -> None:
    within = batch.chosen.get("within", [])
    locate(batch)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id FROM yw_geography_areashape sh JOIN yw_areas_area a ON a.id = sh.area_id"
            " WHERE a.parent_id IS NULL AND a.bounded AND a.valid_to IS NULL"
        )
        roots = [root for (root,) in cursor.fetchall()]
    if roots:  # what lies in an area below one of them is not asked again
        _add(
            batch, "outside", "", "'{}'::jsonb", "",
            f"r.geometry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {PLACED} p WHERE p.row_id = r.id AND split_part(p.area_path, '.', 1)::bigint = ANY(%s))"
            " AND NOT EXISTS (SELECT 1 FROM yw_geography_areashape sh WHERE sh.area_id = ANY(%s) AND ST_Intersects(sh.shape, r.geometry))",
            after=(roots, roots),
        )  # fmt: skip
    if needs_area:
        _add(batch, "no_area", "", "'{}'::jsonb", "",
             f"r.geometry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {PLACED} p WHERE p.row_id = r.id) AND NOT r.problems @> '[{{\"code\": \"outside\"}}]'")  # fmt: skip
        _add(batch, "code_district", CODE, "jsonb_build_object('value', left(r.code, 6), 'district', place.district)", f"FROM {PLACED} place",
             "place.row_id = r.id AND r.code <> '' AND place.district IS NOT NULL AND left(r.code, 6) <> place.district"
             " AND NOT r.problems @> '[{\"code\": \"code_rule\"}]'")  # fmt: skip
    if "" not in within:
        allowed = [path.replace("%", "") + "%" for path in within]
        _add(batch, "not_yours", "", "'{}'::jsonb", "",
             f"r.geometry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {PLACED} p WHERE p.row_id = r.id AND p.area_path LIKE ANY(%s))", after=(allowed,))  # fmt: skip


def _shift(batch: ImportBatch) -> dict[str, Any]:
    """Compare places of the file with places of ours that have the same name, which only one has here and there."""
    names = [a["name"] for a in batch.layer.schema if a["name"] in ("name", "address")]
    if not names:
        return {}
    pairs: list[Any] = []
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(
                "SELECT ST_X(a.point), ST_Y(a.point), ST_X(f.spot), ST_Y(f.spot) FROM ("
                f" SELECT values->>%s AS name, min(id) AS id FROM {_ROWS} WHERE batch_id = %s AND geometry IS NOT NULL"
                " AND length(values->>%s) >= 4 GROUP BY 1 HAVING count(*) = 1 ORDER BY 2 LIMIT 5000) n"
                f" JOIN LATERAL (SELECT ST_PointOnSurface(geometry) AS spot FROM {_ROWS} WHERE id = n.id) f ON true"
                " JOIN yw_geography_addresspoint a ON a.name = n.name"
                " AND NOT EXISTS (SELECT 1 FROM yw_geography_addresspoint x WHERE x.name = a.name AND x.id <> a.id) LIMIT 200",
                [name, batch.pk, name],
            )
            pairs += [((a, b), (c, d)) for a, b, c, d in cursor.fetchall()]
    found = judge(pairs)
    if found is None:
        return {}
    return {"system": found.system, "pairs": found.pairs, "metres": found.metres, "plain_m": found.plain_m}


def compare_place(actor: Actor, uid: UUID, *, number: int, place: str) -> dict[str, Any]:
    """Let a person point out one row that is a place of ours (控制点); return the verdict, which stays with the import.

    Raises
    ------
    BadInput
        There is no such row, or no such place.
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state != ImportState.CHECKED:
            raise NotNow(state=batch.get_state_display())
        row = batch.rows.filter(number=number, geometry__isnull=False).first()
        if row is None:
            raise BadInput.one("number", "unknown", _("There is no row with this number that has a place."))
        ours = next((m for m in place_by_address(place[:200]) if m.is_enough), None)
        if ours is None:
            raise BadInput.one("place", "unknown", _("There is no place of ours with this name. Take a landmark or a full address."))
        assert row.geometry is not None
        spot = row.geometry.point_on_surface
        found = judge([((ours.lon, ours.lat), (spot.x, spot.y))], known=True)
        assert found is not None
        verdict = {"system": found.system, "pairs": 1, "metres": found.metres, "plain_m": found.plain_m, "place": ours.name, "number": number}
        batch.counts["shift"] = verdict
        batch.save(update_fields=["counts"])
    return verdict
