"""Doors of OGC API - Features (OGC 17-069r4, 18-058r1): read-only, by the reader's scope, for QGIS, ogr2ogr and others."""

from yiwang.kernel.geography.pages.ogc.about import api, conformance, landing
from yiwang.kernel.geography.pages.ogc.collections import collection, collections
from yiwang.kernel.geography.pages.ogc.features import feature, features

__all__ = ["api", "collection", "collections", "conformance", "feature", "features", "landing"]
