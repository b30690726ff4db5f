"""Layers as data: what ships, who sees what, and a version that counts every change."""

import pytest

from yiwang.kernel.geography.models import Asset, Feature, Layer, LayerTouch


def test_every_statement_that_changes_rows_counts(county, assets):
    layer = Layer.objects.create(code="bus_stops", geometry="point")
    before = LayerTouch.objects.filter(layer_code="assets").count()
    Asset.objects.filter(class_code="01001").update(remark="x")  # twenty rows, one statement
    assert LayerTouch.objects.filter(layer_code="assets").count() == before + 1
    Feature.objects.create(layer=layer, geometry="SRID=4326;POINT(116 36.5)")
    Feature.objects.filter(layer=layer).delete()
    assert LayerTouch.objects.filter(layer_code="bus_stops").count() == 2
