"""The shipped layers as tables that tiles and OGC API - Features read; each is f(actor) -> Source."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas.models import AreaLevel
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.contracts import Column, Levels, Source
from yiwang.kernel.geography.models import AddressKind, AssetStatus
from yiwang.kernel.geography.queries.assets import VIEW
from yiwang.kernel.geography.queries.features import scope_sql


def text_sql(column: str) -> str:
    """Return the SQL of a text in the reader's language, as `base.texts.pick` chooses it."""
    first, other = ("en", "zh-Hans") if (get_language() or "").lower().startswith("en") else ("zh-Hans", "en")
    return f"coalesce({column}->>'{first}', {column}->>'{other}', '')"


def _area_columns(alias: str = "a", *more: Column) -> tuple[Column, ...]:
    return (
        Column("code", f"{alias}.code", label=_("Code")), Column("name", text_sql(f"{alias}.name"), label=_("Name"), filterable=False), *more,
    )  # fmt: skip


_AREAS = "yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id"
_BORDERS = ("city", "district", "street", "community")


def _borders(z: int) -> Levels:
    levels = ("city", "district") if z < 10 else ("district", "street") if z < 13 else ("street", "community")
    return Levels("s.level = ANY(%s)", (list(levels),))


def boundaries(actor: Actor) -> Source:
    """Jurisdictions (行政区划) down to the community."""
    return Source(
        _AREAS, "s.shape", "a.id", "a.uid", _area_columns("a", Column("level", "a.level", label=_("Level"), choices=tuple(AreaLevel.choices))),
        "a.valid_to IS NULL AND s.level = ANY(%s)", (list(_BORDERS),), by_zoom=_borders,
    )  # fmt: skip


def unit_grids(actor: Actor) -> Source:
    """Unit grids (单元网格) in force."""
    return Source(
        f"{_AREAS} LEFT JOIN yw_geography_unitgrid u ON u.area_id = a.id"
        " LEFT JOIN yw_geography_responsibilitygrid r ON r.id = u.responsibility_grid_id",
        "s.shape", "a.id", "a.uid",
        _area_columns("a", Column("responsibility_grid", "r.code", label=_("Responsibility grid")),
                      Column("area_m2", "s.area_m2::float8", "number", in_tile=False, label=_("Area, m²"))),
        "a.valid_to IS NULL AND s.level = 'grid'",
    )  # fmt: skip


def responsibility_grids(actor: Actor) -> Source:
    """Responsibility grids (责任网格) in force."""
    return Source(
        "yw_geography_responsibilitygrid g", "g.shape", "g.id", "g.uid",
        _area_columns("g", Column("area_m2", "g.area_m2::float8", "number", in_tile=False, label=_("Area, m²"))),
        "g.valid_to IS NULL AND g.shape IS NOT NULL",
    )  # fmt: skip


def assets(actor: Actor) -> Source:
    """Components in use (管理部件) that the reader may see."""
    where, values = scope_sql(actor, VIEW, "a")

    def body(column: str) -> str:
        return f"(SELECT {text_sql('o.name')} FROM yw_identity_organization o WHERE o.id = a.{column})"

    return Source(
        "yw_geography_asset a", "a.point", "a.id", "a.uid",
        (
            Column("code", "a.code", label=_("Code")), Column("class_code", "a.class_code", label=_("Class")),
            Column("name", text_sql("a.name"), label=_("Name"), filterable=False), Column("status", "a.status", label=_("Condition"), choices=tuple(AssetStatus.choices)),
            Column("owner", body("owner_org_id"), in_tile=False, filterable=False, label=_("Owner")),
            Column("keeper", body("keeper_org_id"), in_tile=False, filterable=False, label=_("Keeper")),
            Column("road", "a.road", in_tile=False, label=_("Road")),
            Column("address", "a.address", in_tile=False, filterable=False, label=_("Address")),
            Column("surveyed_on", "a.surveyed_on", "date", in_tile=False, label=_("Surveyed")),
            Column("changed_on", "a.changed_on", "date", in_tile=False, label=_("Changed")),
        ),
        f"a.status NOT IN ('removed', 'abandoned') AND ({where})", tuple(values),
        time=("coalesce(a.changed_on, a.surveyed_on)", "coalesce(a.changed_on, a.surveyed_on)"),
    )  # fmt: skip


def _roads(z: int) -> Levels:
    """Far away only roads that are longer than some ten pixels."""
    return Levels() if z >= 13 else Levels("ST_Length(r.line) > %s", (10 * 360 / (512 * 2**z),))


def roads(actor: Actor) -> Source:
    """Roads with their lines (道路)."""
    return Source(
        "yw_geography_road r", "r.line", "r.id", "r.uid",
        (Column("code", "r.code", label=_("Code")), Column("name", "r.name", label=_("Name"))), "r.line IS NOT NULL", by_zoom=_roads,
    )  # fmt: skip


def addresses(actor: Actor) -> Source:
    """Door plates, landmarks and crossings (门牌、标志物、路口)."""
    return Source(
        "yw_geography_addresspoint p", "p.point", "p.id", "p.uid",
        (
            Column("name", "p.name", label=_("Name")), Column("kind", "p.kind", label=_("Kind"), choices=tuple(AddressKind.choices)), Column("road", "p.road", in_tile=False, label=_("Road")),
            Column("number", "p.number", in_tile=False, label=_("Door number")),
        ),
    )  # fmt: skip


def _attribute(name: str, kind: str) -> tuple[str, str]:
    """Return SQL and type of one attribute; a value of another type than the schema says is left out, never an error."""
    quoted = name.replace("'", "''").replace("%", "%%")
    as_json, as_text = f"f.attributes->'{quoted}'", f"f.attributes->>'{quoted}'"
    if kind in ("integer", "number"):
        return f"CASE WHEN jsonb_typeof({as_json}) = 'number' THEN ({as_text})::float8 END", "number"
    if kind == "boolean":
        return f"CASE WHEN jsonb_typeof({as_json}) = 'boolean' THEN ({as_text})::boolean END", "boolean"
    return as_text, "string"


def features(actor: Actor, *, layer_id: int, schema: Sequence[Mapping[str, Any]], permission: str) -> Source:
    """The rows of a layer without a table of its own, below the areas where the reader may see it."""
    paths = [scope.area_path for scope in actor.scopes(permission) if not scope.org_path]  # as queries.layers.within
    allowed = "TRUE" if "" in paths else " OR ".join("f.area_path LIKE %s" for _path in paths) or "FALSE"
    values = () if "" in paths else tuple(f"{path}%" for path in paths)
    columns = [Column("code", "f.code", label=_("Code"))]
    for number, attribute in enumerate(schema):
        if (name := str(attribute.get("name", ""))) in ("", "uid", "code"):
            continue
        sql, kind = _attribute(name, str(attribute.get("type", "text")))
        columns.append(Column(name, sql, kind, in_tile=number < 8, label=attribute.get("label") or name))
    return Source(
        "yw_geography_feature f", "f.geometry", "f.id", "f.uid", tuple(columns),
        f"f.layer_id = %s AND f.valid_to IS NULL AND ({allowed})", (layer_id, *values), time=("f.valid_from", "f.valid_to"),
    )  # fmt: skip
