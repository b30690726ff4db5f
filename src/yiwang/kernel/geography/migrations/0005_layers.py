"""Layers as data, files on their way into them, and a count of what changed in each."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import yiwang.kernel.base.uid
from django.conf import settings
from django.db import migrations, models

# One line for each statement that changes a layer's rows: many write at once, nobody waits.
TOUCH = """
CREATE FUNCTION yw_geo_touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO yw_geography_layertouch (layer_code) SELECT unnest(TG_ARGV);
    RETURN NULL;
END
$body$;
CREATE FUNCTION yw_geo_touch_new() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO yw_geography_layertouch (layer_code)
        SELECT code FROM yw_geography_layer WHERE id IN (SELECT DISTINCT layer_id FROM changed);
    RETURN NULL;
END
$body$;
"""
NO_TOUCH = "DROP FUNCTION yw_geo_touch(); DROP FUNCTION yw_geo_touch_new();"
TABLES = {
    "areashape": ("boundaries", "unit_grids"), "unitgrid": ("unit_grids",), "responsibilitygrid": ("responsibility_grids",),
    "asset": ("assets",), "road": ("roads",), "addresspoint": ("addresses",),
}


def triggers() -> str:
    """Return the triggers of the standard tables and those of the generic one, which names the layers of its rows."""
    made = [
        f"CREATE TRIGGER yw_geo_touch AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON yw_geography_{table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION yw_geo_touch({', '.join(repr(layer) for layer in layers)});"
        for table, layers in TABLES.items()
    ]
    made += [
        f"CREATE TRIGGER yw_geo_touch_{act.lower()} AFTER {act} ON yw_geography_feature"
        f" REFERENCING {row} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION yw_geo_touch_new();"
        for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]
    return "\n".join(made)


def no_triggers() -> str:
    dropped = [f"DROP TRIGGER yw_geo_touch ON yw_geography_{table};" for table in TABLES]
    return "\n".join(dropped + [f"DROP TRIGGER yw_geo_touch_{act} ON yw_geography_feature;" for act in ("insert", "update", "delete")])


class Migration(migrations.Migration):

    dependencies = [
        ('yw_areas', '0001_initial'),
        ('yw_geography', '0004_grids_and_components'),
        ('yw_identity', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Layer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('name', models.JSONField(default=dict)),
                ('summary', models.JSONField(blank=True, default=dict)),
                ('backing', models.CharField(choices=[('features', 'Rows of the layer itself'), ('areas', 'Jurisdictions'), ('unit_grids', 'Unit grids'), ('responsibility_grids', 'Responsibility grids'), ('assets', 'Assets'), ('roads', 'Roads'), ('addresses', 'Addresses')], default='features', max_length=24)),
                ('geometry', models.CharField(choices=[('point', 'Point shapes'), ('line', 'Line shapes'), ('polygon', 'Area shapes')], max_length=10)),
                ('schema', models.JSONField(blank=True, default=list)),
                ('owner_org', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_identity.organization')),
                ('code_rule', models.CharField(choices=[('none', 'Any code or none'), ('required', 'Any code, but one'), ('asset', 'Component code, 17 digits'), ('unit_grid', 'Unit grid code, 15 characters'), ('responsibility_grid', 'Responsibility grid code, like 371502Z0001'), ('pattern', 'As the pattern says')], default='none', max_length=24)),
                ('code_pattern', models.CharField(blank=True, max_length=120)),
                ('symbol', models.JSONField(blank=True, default=dict)),
                ('min_zoom', models.PositiveSmallIntegerField(default=0)),
                ('max_zoom', models.PositiveSmallIntegerField(default=22)),
                ('view_permission', models.CharField(default='geography.layer.view', max_length=80)),
                ('edit_permission', models.CharField(default='geography.layer.edit', max_length=80)),
                ('is_secret', models.BooleanField(default=False)),
                ('review_number', models.CharField(blank=True, max_length=60)),
                ('order', models.PositiveSmallIntegerField(default=100)),
                ('is_standard', models.BooleanField(default=False)),
                ('retired_on', models.DateField(blank=True, null=True)),
                ('version', models.BigIntegerField(default=1)),
                ('changed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['order', 'code'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='LayerTouch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('layer_code', models.CharField(db_index=True, max_length=40)),
            ],
            options={
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_geography.layer')),
                ('state', models.CharField(choices=[('reading', 'Being read'), ('mapping', 'Waiting for fields'), ('checking', 'Rows being checked'), ('checked', 'Checked'), ('bringing', 'Being brought in'), ('done', 'Brought in'), ('failed', 'Cannot be read'), ('discarded', 'Discarded'), ('undone', 'Undone')], default='reading', max_length=12)),
                ('file_name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('format', models.CharField(blank=True, max_length=20)),
                ('understood', models.JSONField(default=dict)),
                ('chosen', models.JSONField(default=dict)),
                ('mapping', models.JSONField(default=dict)),
                ('counts', models.JSONField(default=dict)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(default=0)),
                ('error', models.JSONField(default=dict)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField()),
                ('brought_in_at', models.DateTimeField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['-made_at', '-id'], name='yw_geo_import_recent')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='yw_geography.importbatch')),
                ('number', models.PositiveIntegerField()),
                ('values', models.JSONField(default=dict)),
                ('geometry', django.contrib.gis.db.models.fields.GeometryField(blank=True, null=True, spatial_index=False, srid=4326)),
                ('problems', models.JSONField(default=list)),
                ('mended', models.BooleanField(default=False)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('object_id', models.BigIntegerField(blank=True, null=True)),
                ('stamp', models.CharField(blank=True, max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'code'], name='yw_geo_importrow_code'), models.Index(condition=models.Q(('problems', []), _negated=True), fields=['batch', 'number'], name='yw_geo_importrow_bad'), django.contrib.postgres.indexes.GistIndex(fields=['geometry'], name='yw_geo_importrow_geom')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'number'), name='yw_geo_importrow_once')],
            },
        ),
        migrations.CreateModel(
            name='Feature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='features', to='yw_geography.layer')),
                ('code', models.CharField(blank=True, max_length=64)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('geometry', django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=4326)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_areas.area')),
                ('area_path', models.CharField(blank=True, max_length=200)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_geography.importbatch')),
                ('changed_at', models.DateTimeField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['layer', 'geometry'], name='yw_geo_feature_layer_geom', opclasses=['gist_int8_ops', 'gist_geometry_ops_2d']), models.Index(fields=['layer', 'id'], name='yw_geo_feature_layer'), models.Index(fields=['area_path'], name='yw_geo_feature_path', opclasses=['varchar_pattern_ops'])],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True), models.Q(('code', ''), _negated=True)), fields=('layer', 'code'), name='yw_geo_feature_code_live')],
            },
        ),
        migrations.RunSQL(TOUCH, NO_TOUCH),
        migrations.RunSQL(triggers(), no_triggers()),
    ]
