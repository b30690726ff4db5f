"""Writes to the definitions of layers (图层定义)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.geography.models import CodeRule, GeometryKind, Layer
from yiwang.kernel.geography.queries.layers import DEFINE
from yiwang.kernel.geography.rules.schemas import SchemaError, checked_pattern, checked_schema

_SHIPPED = Path(__file__).resolve().parents[1] / "data" / "layers.json"
# What a county changes of a layer that ships; the rest belongs to the tables behind it.
LOCAL = ("name", "summary", "owner_org", "symbol", "min_zoom", "max_zoom", "is_secret", "review_number", "order")


def install_layers() -> int:
    """Install the standard layers (标准图层) and refresh what is not the county's to change; return how many ship."""
    shipped = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    for row in shipped:
        values = {**row, "schema": checked_schema(row["schema"]), "is_standard": True}
        code = values.pop("code")
        fixed = {k: v for k, v in values.items() if k not in LOCAL and k != "schema"}
        found, created = Layer.objects.get_or_create(code=code, defaults=values)
        known = {a["name"]: a for a in found.schema}
        schema = [{**a, "domain": known[a["name"]]["domain"]} if "domain" in known.get(a["name"], {}) else a for a in values["schema"]]
        fixed["schema"] = schema + [a for a in found.schema if a["name"] not in {b["name"] for b in schema}]
        if not created and any(getattr(found, k) != v for k, v in fixed.items()):
            Layer.objects.filter(pk=found.pk).update(**fixed)
    return len(shipped)


def set_domain(code: str, attribute: str, values: Mapping[str, Mapping[str, str]]) -> bool:
    """Say which values an attribute of a layer takes ({value: texts}); an app's dictionary calls it. Safe to repeat."""
    found = Layer.objects.filter(code=code).first()
    if found is None:
        return False
    domain = [{"value": value, "label": dict(label)} for value, label in values.items()]
    schema = [{**a, "domain": domain} if a["name"] == attribute else a for a in found.schema]
    if schema == found.schema:
        return False
    Layer.objects.filter(pk=found.pk).update(schema=schema, version=found.version + 1, changed_at=now())
    return True


@transaction.atomic
def define_layer(actor: Actor, code: str, *, is_new: bool, **values: Any) -> Layer:
    """Add a layer of the county's own, or change one; of a standard layer only what is the county's (LOCAL).

    Raises
    ------
    BadInput
        A field cannot be; the code is taken; the kind of geometry changes while there are rows.
    """
    actor.require(DEFINE)
    found = Layer.objects.select_for_update().filter(code=code).first()
    if is_new:
        if found is not None:
            raise BadInput.one("code", "taken", _("There is a layer with this code. Choose another."))
        found = Layer(code=code)
    elif found is None:
        raise NotFound(what="layer")
    if found.is_standard:
        values = {k: v for k, v in values.items() if k in LOCAL}
    _check(found, values, is_new=is_new)
    for key, value in values.items():
        setattr(found, key, value)
    if found.min_zoom > found.max_zoom:
        raise BadInput.one("max_zoom", "range", _("The layer would never be seen: the largest scale lies below the smallest."))
    found.version += 1
    found.changed_at = now()
    found.full_clean()
    found.save()
    data = {"layer": code, **{k: str(v)[:200] for k, v in values.items() if k not in ("schema", "summary")}}
    audit.record(actor, action="geography.layer.added" if is_new else "geography.layer.changed", data=data)
    return found


def _check(found: Layer, values: dict[str, Any], *, is_new: bool) -> None:
    if not str(values.get("name", found.name).get("zh-Hans", "")).strip():
        raise BadInput.one("name", "missing", _("Give the layer a Chinese name."))
    if not found.is_standard and values.get("geometry", found.geometry) not in GeometryKind.values:
        raise BadInput.one("geometry", "unknown", _("Choose points, lines or areas."))
    if not is_new and values.get("geometry", found.geometry) != found.geometry and found.features.exists():
        raise BadInput.one("geometry", "rows", _("The layer has rows; its kind of geometry stays as it is."))
    for key in ("view_permission", "edit_permission"):
        if values.get(key) and values[key] not in registry.permissions():
            raise BadInput.one(key, "unknown", _("There is no such permission."))
    try:
        if "schema" in values:
            values["schema"] = checked_schema(values["schema"])
        if values.get("code_rule", found.code_rule) == CodeRule.PATTERN:
            checked_pattern(values.get("code_pattern", found.code_pattern))
    except SchemaError as error:
        raise BadInput.one("code_pattern" if error.reason == "pattern" else "schema", error.reason, _schema_words(error)) from error


def _schema_words(error: SchemaError) -> str:
    words = {
        "name": _("Attribute names are small Latin letters, digits and underscores: %(what)s"),
        "twice": _("This attribute is there twice: %(what)s"),
        "type": _("This attribute has no type that we know (text, integer, number, boolean, date, org): %(what)s"),
        "label": _("This attribute has no Chinese name: %(what)s"),
        "range": _("The least value lies above the greatest: %(what)s"),
        "domain": _("The values of this attribute are not a list of different texts: %(what)s"),
        "pattern": _("This pattern cannot be used: %(what)s"),
    }
    return words.get(error.reason, words["type"]) % {"what": error.what}


def fold_touches() -> int:
    """Add what was counted one by one to the layers' versions, in one statement; return how many layers it concerned."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM yw_geography_layertouch RETURNING layer_code),"
            " n AS (SELECT layer_code, count(*) AS n FROM gone GROUP BY layer_code)"
            " UPDATE yw_geography_layer l SET version = version + n.n FROM n WHERE l.code = n.layer_code"
        )
        return int(cursor.rowcount)
