"""Layers as data: what ships, who sees what, and a version that counts every change."""

import pytest
from django.core.exceptions import ValidationError

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, ActorKind, public, system
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.geography.models import Asset, Feature, Layer, LayerTouch
from yiwang.kernel.geography.queries import layers
from yiwang.kernel.geography.rules.schemas import ValueProblem, fitted
from yiwang.kernel.geography.services.layers import define_layer, fold_touches, install_layers, set_domain

BOSS = system("test")


def test_every_statement_that_changes_rows_counts(county, assets):
    layer = Layer.objects.create(code="bus_stops", geometry="point")
    before = LayerTouch.objects.filter(layer_code="assets").count()
    Asset.objects.filter(class_code="01001").update(remark="x")  # twenty rows, one statement
    assert LayerTouch.objects.filter(layer_code="assets").count() == before + 1
    Feature.objects.create(layer=layer, geometry="SRID=4326;POINT(116 36.5)")
    Feature.objects.filter(layer=layer).delete()
    assert LayerTouch.objects.filter(layer_code="bus_stops").count() == 2


def test_what_ships_is_installed_once_and_keeps_what_the_county_changed(db):
    assert install_layers() == 8
    assets = Layer.objects.get(code="assets")
    set_domain("assets", "class_code", {"01001": {"zh-Hans": "供水井盖"}})
    Layer.objects.filter(code="assets").update(name={"zh-Hans": "本县部件"}, review_number="鲁S(2026)001号", code_rule="none")
    install_layers()
    assets.refresh_from_db()
    assert (assets.name["zh-Hans"], assets.review_number, assets.code_rule) == ("本县部件", "鲁S(2026)001号", "asset")
    assert assets.schema[0]["domain"] == [{"value": "01001", "label": {"zh-Hans": "供水井盖"}}]
    assert set(Layer.objects.values_list("view_permission", flat=True)) <= set(registry.permissions())


def test_a_secret_layer_is_shown_to_nobody(db):
    install_layers()
    assert {layer.code for layer in layers.visible_layers(BOSS)} >= {"assets", "buildings"}
    Layer.objects.filter(code="buildings").update(is_secret=True)
    with pytest.raises(NotFound):
        layers.layer(BOSS, "buildings")
    assert not layers.visible_features(BOSS, Layer.objects.get(code="buildings")).exists()
    assert {layer.code for layer in layers.visible_layers(public())} <= {"boundaries", "unit_grids", "responsibility_grids", "roads", "addresses"}


def test_versions_grow_and_are_folded(county, assets):
    install_layers()
    before = layers.versions(["assets"])["assets"]
    Asset.objects.filter(code__endswith="1").delete()
    assert layers.versions(["assets"])["assets"] == before + 1
    assert fold_touches() >= 1
    assert LayerTouch.objects.count() == 0
    assert layers.versions(["assets"])["assets"] == before + 1


def test_defining_a_layer(db):
    made = define_layer(BOSS, "bus_stops", is_new=True, name={"zh-Hans": "公交站"}, geometry="point", code_rule="pattern",
                        code_pattern=r"GJ\d{4}", schema=[{"name": "lines", "label": {"zh-Hans": "线路"}, "type": "integer", "minimum": 1}])  # fmt: skip
    assert (made.version, made.schema[0]["type"]) == (2, "integer")
    assert Event.objects.get(action="geography.layer.added").data["layer"] == "bus_stops"
    for wrong in ({"code_pattern": "(a+)+"}, {"schema": [{"name": "线路"}]}, {"name": {}}, {"geometry": "solid"}, {"min_zoom": 15, "max_zoom": 3},
                  {"view_permission": "no.such"}, {"schema": [{"name": "a", "label": {"zh-Hans": "甲"}}] * 2}):  # fmt: skip
        with pytest.raises((BadInput, ValidationError)):
            define_layer(BOSS, "bus_stops", is_new=False, **wrong)
    with pytest.raises(BadInput):
        define_layer(BOSS, "bus_stops", is_new=True, name={"zh-Hans": "又一"}, geometry="point")
    with pytest.raises(NotPermitted):
        define_layer(Actor(kind=ActorKind.PERSON, account_id=1), "x", is_new=True, name={"zh-Hans": "甲"}, geometry="point")


@pytest.mark.parametrize(("attribute", "value", "stored"), [
    ({"type": "integer"}, "６", 6), ({"type": "integer"}, 3.0, 3), ({"type": "number"}, "1,234.5", 1234.5), ({"type": "text"}, 371502.0, "371502"),
    ({"type": "date"}, "2026年3月1日", "2026-03-01"), ({"type": "date"}, "20260301", "2026-03-01"), ({"type": "boolean"}, "是", True),
    ({"type": "text", "domain": [{"value": "intact", "label": {"zh-Hans": "完好"}}]}, "完好", "intact"), ({"type": "text"}, " \x00 ", None),
])  # fmt: skip
def test_values_that_fit(attribute, value, stored):
    assert fitted(attribute, value) == stored


@pytest.mark.parametrize(("attribute", "value", "reason"), [
    ({"type": "integer"}, "6.5", "integer"), ({"type": "number"}, "高", "number"), ({"type": "number"}, "inf", "number"),
    ({"type": "date"}, "31/12", "date"), ({"type": "date"}, "0001-01-01", "date"), ({"type": "text", "max_length": 2}, "三个字", "long"),
    ({"type": "integer", "minimum": 1}, "0", "low"), ({"type": "integer", "maximum": 9}, "10", "high"), ({"type": "boolean"}, "也许", "boolean"),
    ({"type": "text", "required": True}, " ", "missing"), ({"type": "text", "domain": [{"value": "a", "label": {"zh-Hans": "甲"}}]}, "乙", "domain"),
])  # fmt: skip
def test_values_that_do_not(attribute, value, reason):
    with pytest.raises(ValueProblem) as wrong:
        fitted(attribute, value)
    assert wrong.value.reason == reason
