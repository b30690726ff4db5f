"""Layers as data (图层), and the rows of those that have no table of their own."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.contracts import SRID
from yiwang.kernel.identity.models import Organization


class Backing(models.TextChoices):
    """Which table holds the rows."""

    FEATURES = "features", _("Rows of the layer itself")
    AREAS = "areas", _("Jurisdictions")
    UNIT_GRIDS = "unit_grids", _("Unit grids")
    RESPONSIBILITY_GRIDS = "responsibility_grids", _("Responsibility grids")
    ASSETS = "assets", _("Assets")
    ROADS = "roads", _("Roads")
    ADDRESSES = "addresses", _("Addresses")


class GeometryKind(models.TextChoices):
    POINT = "point", _("Point shapes")
    LINE = "line", _("Line shapes")
    POLYGON = "polygon", _("Area shapes")


class CodeRule(models.TextChoices):
    """What a row's code has to be (rules/codes.py)."""

    NONE = "none", _("Any code or none")
    REQUIRED = "required", _("Any code, but one")
    ASSET = "asset", _("Component code, 17 digits")  # 部件标识码
    UNIT_GRID = "unit_grid", _("Unit grid code, 15 characters")
    RESPONSIBILITY_GRID = "responsibility_grid", _("Responsibility grid code, like 371502Z0001")
    PATTERN = "pattern", _("As the pattern says")


class Layer(models.Model):
    """One layer of the ground: what its rows are, who keeps it, who sees it. The standard ones ship as data/layers.json.

    `schema` is a list of attributes: `{"name", "label": texts, "type": text|integer|number|boolean|date, "required",
    "max_length", "minimum", "maximum", "unit", "domain": [{"value", "label": texts}]}`; only the first three must be there.
    `version` counts changes of its rows and of itself; what is newer stands in `LayerTouch`.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=40, unique=True)  # of addresses and tiles: unit_grids
    name = models.JSONField(default=dict)  # texts
    summary = models.JSONField(default=dict, blank=True)  # texts
    backing = models.CharField(max_length=24, choices=Backing.choices, default=Backing.FEATURES)
    geometry = models.CharField(max_length=10, choices=GeometryKind.choices)
    schema = models.JSONField(default=list, blank=True)
    owner_org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    code_rule = models.CharField(max_length=24, choices=CodeRule.choices, default=CodeRule.NONE)
    code_pattern = models.CharField(max_length=120, blank=True)  # a regular expression for the whole code
    symbol = models.JSONField(default=dict, blank=True)  # {"color": token or #rrggbb, "icon", "width", "fill_opacity"}
    min_zoom = models.PositiveSmallIntegerField(default=0)
    max_zoom = models.PositiveSmallIntegerField(default=22)
    view_permission = models.CharField(max_length=80, default="geography.layer.view")
    edit_permission = models.CharField(max_length=80, default="geography.layer.edit")
    is_secret = models.BooleanField(default=False)  # 涉密: is not shown online to anybody, nor exported
    review_number = models.CharField(max_length=60, blank=True)  # 审图号, shown on public maps
    order = models.PositiveSmallIntegerField(default=100)
    is_standard = models.BooleanField(default=False)
    retired_on = models.DateField(null=True, blank=True)
    version = models.BigIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.code


class LayerTouch(models.Model):
    """One statement that changed rows of a layer, written by trigger: many may write at once, none waits for another.

    A layer's version is `Layer.version` and the number of its touches (queries.layers.version_of); a job now and then adds
    the touches to the version and removes them in one statement.
    """

    layer_code = models.CharField(max_length=40, db_index=True)

    def __str__(self) -> str:
        return self.layer_code


class ImportState(models.TextChoices):
    READING = "reading", _("Being read")
    MAPPING = "mapping", _("Waiting for fields")
    CHECKING = "checking", _("Rows being checked")
    CHECKED = "checked", _("Checked")
    BRINGING = "bringing", _("Being brought in")
    DONE = "done", _("Brought in")
    FAILED = "failed", _("Cannot be read")
    DISCARDED = "discarded", _("Discarded")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class ImportBatch(models.Model):
    """One file on its way into one layer (数据导入批次), from upload to what it brought in, and back.

    `understood` is what the reader made of the file (encoding, coordinate system, fields, why); `chosen` what the person
    decided (source, encoding, crs, offset, flips, mends); `mapping` says which field fills which attribute.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.READING)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    format = models.CharField(max_length=20, blank=True)
    understood = models.JSONField(default=dict)
    chosen = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)  # {"rows", "good", "bad", "mended", "brought_in"}
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    error = models.JSONField(default=dict)  # {"code", "message"} of the refusal that ended it
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    brought_in_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-made_at", "-id"], name="yw_geo_import_recent")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"


class ImportRow(models.Model):
    """A row of the file after reading, with what is wrong with it; afterwards with what became of it.

    `problems` is a list of `{"code", "field", "message", "mend"}`, messages in the importer's language. `stamp` is the
    fingerprint of what was brought in: when the row has another one later, somebody changed it.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False)  # the constraint below begins with it
    number = models.PositiveIntegerField()  # in the file, from 1
    values = models.JSONField(default=dict)
    geometry = models.GeometryField(srid=SRID, null=True, blank=True, spatial_index=False)
    problems = models.JSONField(default=list)
    mended = models.BooleanField(default=False)
    code = models.CharField(max_length=64, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    stamp = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="yw_geo_importrow_once")]
        indexes = [
            models.Index(fields=["batch", "code"], name="yw_geo_importrow_code"),
            models.Index(fields=["batch", "number"], name="yw_geo_importrow_bad", condition=~Q(problems=[])),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"


class Feature(models.Model):
    """One row of a layer without a table of its own: a building, a green space, whatever a county adds."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="features")
    code = models.CharField(max_length=64, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    geometry = models.GeometryField(srid=SRID, spatial_index=False)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "code"], condition=Q(valid_to__isnull=True) & ~Q(code=""), name="yw_geo_feature_code_live"
            )
        ]
        indexes = [
            # Of one layer within a box: btree_gist puts the layer into the same tree as the place.
            GistIndex(
                fields=["layer", "geometry"], name="yw_geo_feature_layer_geom", opclasses=["gist_int8_ops", "gist_geometry_ops_2d"]
            ),
            models.Index(fields=["layer", "id"], name="yw_geo_feature_layer"),
            models.Index(fields=["area_path"], name="yw_geo_feature_path", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id}:{self.code or self.uid}"
