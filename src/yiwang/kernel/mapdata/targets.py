"""Where a layer's rows go: which tables, how a row of a file becomes one of ours, and how to see that it was changed since.

Everything is one statement a table, so that a million rows cost what the database costs. `r` is the row of the import,
`s` the deepest jurisdiction that holds it (services/locating.py), `g` the key and code given to it, `o` the row that it became.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from yiwang.kernel.areas.models import Area
from yiwang.kernel.geography.models import AddressPoint, Asset, Backing, Feature, Layer, Road

# UUIDv7 by the database (base/uid.py): 48 bits of time, version, the rest of a random UUID with its variant.
UID = (
    "(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'"
    " || substr(replace(gen_random_uuid()::text, '-', ''), 14, 19))::uuid"
)


def _text(name: str) -> str:
    return f"coalesce(r.values->>'{name}', '')"


def _texts(name: str) -> str:
    """Names in one cell, with semicolons or commas between."""
    return (
        f"CASE WHEN {_text(name)} = '' THEN '{{}}'::varchar[] ELSE"
        f" (SELECT coalesce(array_agg(trim(p)), '{{}}') FROM regexp_split_to_table({_text(name)}, '[;；,，、]') AS p WHERE trim(p) <> '')::varchar[] END"
    )


def _org(name: str) -> str:
    return f"(r.values->>'{name}')::bigint"


@dataclass(frozen=True)
class Target:
    """`columns` are what is filled from the row, as SQL; other columns get the model's default. `stamp` is what an editor may change."""

    model: type[models.Model]
    columns: Mapping[str, str]
    stamp: tuple[str, ...]
    taken: str = ""  # condition on `o` beside o.code = r.code: the code is in use; empty where codes may come twice
    needs_area: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def fingerprint(self) -> str:
        """Return the SQL of a row's fingerprint."""
        return "md5(concat_ws('|', {}))".format(", ".join(f"coalesce(o.{column}::text, '')" for column in self.stamp))

    def insert(self) -> tuple[list[str], list[str], list[Any]]:
        """Return (columns, SQL of their values, parameters): the row's own, then the model's defaults for all others."""
        names, values, parameters = ["id", "uid"], ["g.object_id", UID], []
        for column, sql in self.columns.items():
            names.append(column)
            values.append(sql)
        for field in self.model._meta.local_concrete_fields:
            if field.column in names or field.generated or field.null:
                continue
            if field.has_default():
                default = field.get_default()
                names.append(str(field.column))
                values.append("%s")
                parameters.append(field.get_db_prep_save(default, _connection()))
            elif field.empty_strings_allowed and field.get_internal_type() in ("CharField", "TextField"):
                names.append(str(field.column))
                values.append("''")
        return names, values, parameters


def _connection() -> Any:
    from django.db import connection

    return connection


TARGETS: dict[str, Target] = {
    Backing.FEATURES: Target(
        Feature,
        {
            "layer_id": "b.layer_id", "code": "g.code", "attributes": "r.values - 'code'", "geometry": "r.geometry", "area_id": "s.area_id",
            "area_path": "coalesce(s.area_path, '')", "batch_id": "b.id", "valid_from": "current_date", "changed_at": "now()",
        },
        ("code", "attributes", "geometry", "valid_to"), taken="o.layer_id = b.layer_id AND o.valid_to IS NULL",
    ),
    Backing.ASSETS: Target(
        Asset,
        {
            "code": "g.code", "class_code": _text("class_code"), "name": f"jsonb_build_object('zh-Hans', {_text('name')})",
            "status": f"coalesce(nullif({_text('status')}, ''), 'intact')", "supervisor_org_id": _org("supervisor_org"),
            "owner_org_id": _org("owner_org"), "keeper_org_id": _org("keeper_org"), "area_id": "s.area_id", "area_path": "s.area_path",
            "grid_id": "CASE WHEN s.level = 'grid' THEN s.area_id END", "road": _text("road"), "address": _text("address"), "point": "r.geometry",
            "accuracy": f"coalesce(nullif({_text('accuracy')}, ''), 'A')", "surveyed_on": "coalesce((r.values->>'surveyed_on')::date, current_date)",
            "source": _text("source"), "remark": _text("remark"),
            "extra": "r.values - '{code,class_code,name,status,supervisor_org,owner_org,keeper_org,road,address,accuracy,surveyed_on,source,remark}'::text[]",
        },
        ("code", "class_code", "name", "status", "supervisor_org_id", "owner_org_id", "keeper_org_id", "road", "address", "point", "accuracy",
         "extra", "remark", "version", "ownership"),
        taken="true", needs_area=True,
    ),
    Backing.ROADS: Target(
        Road,
        {"code": "g.code", "name": _text("name"), "aliases": _texts("aliases"), "area_id": "s.area_id", "area_path": "coalesce(s.area_path, '')",
         "line": "ST_Multi(r.geometry)"},
        ("code", "name", "aliases", "line"),
    ),
    Backing.ADDRESSES: Target(
        AddressPoint,
        {"kind": _text("kind"), "name": _text("name"), "road": _text("road"), "number": _text("number"), "aliases": _texts("aliases"),
         "area_id": "s.area_id", "area_path": "coalesce(s.area_path, '')", "point": "r.geometry"},
        ("kind", "name", "road", "number", "aliases", "point"),
    ),
    Backing.UNIT_GRIDS: Target(Area, {}, ()),  # brought in by the service that changes grids (services/grids.py)
}  # fmt: skip


def attributes_of(layer: Layer) -> list[dict[str, Any]]:
    """Return what a file may fill: the layer's attributes."""
    return list(layer.schema)


def has_code(layer: Layer) -> bool:
    """Say whether rows of the layer carry a code of their own."""
    return layer.backing not in (Backing.ADDRESSES,)


def users_of(model: type[models.Model]) -> list[tuple[str, str]]:
    """Return (table, column) of everything that may name a row of the model, whichever app it belongs to."""
    found = []
    for field in model._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and (field.one_to_many or field.one_to_one) and field.related_model is not model:
            found.append((field.related_model._meta.db_table, str(field.field.column)))  # type: ignore[union-attr]
    return sorted(set(found))
