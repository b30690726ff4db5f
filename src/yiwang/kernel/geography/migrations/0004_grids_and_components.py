"""Grids and components with their past: what ended is kept in tables that nothing changes."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('yw_audit', '0001_append_only'),
        ('yw_geography', '0003_address_indexes_at_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='ownership',
            field=models.CharField(choices=[('unconfirmed', 'Owner not confirmed'), ('asked', 'Owner asked'), ('confirmed', 'Owner confirmed'), ('disputed', 'Owner disputed')], db_default='unconfirmed', default='unconfirmed', max_length=12),
        ),
        migrations.AddField(
            model_name='asset',
            name='ownership_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='asset',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.CreateModel(
            name='AssetPast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asset_id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('code', models.CharField(max_length=17)),
                ('class_code', models.CharField(max_length=5)),
                ('name', models.JSONField(default=dict)),
                ('status', models.CharField(max_length=10)),
                ('supervisor_org_id', models.BigIntegerField(null=True)),
                ('owner_org_id', models.BigIntegerField(null=True)),
                ('keeper_org_id', models.BigIntegerField(null=True)),
                ('ownership', models.CharField(max_length=12)),
                ('area_path', models.CharField(max_length=200)),
                ('grid_id', models.BigIntegerField(null=True)),
                ('road', models.CharField(blank=True, max_length=100)),
                ('address', models.CharField(blank=True, max_length=256)),
                ('point', django.contrib.gis.db.models.fields.PointField(spatial_index=False, srid=4326)),
                ('accuracy', models.CharField(max_length=1)),
                ('extra', models.JSONField(default=dict)),
                ('remark', models.CharField(blank=True, max_length=1000)),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_to', models.DateTimeField()),
                ('action', models.CharField(max_length=60)),
                ('by_name', models.CharField(blank=True, max_length=120)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('event_uid', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['asset_id', 'valid_to'], name='yw_geo_assetpast_asset')],
            },
        ),
        migrations.CreateModel(
            name='GridPast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('unit', 'Unit grid'), ('responsibility', 'Responsibility grid')], max_length=16)),
                ('object_id', models.BigIntegerField()),
                ('object_uid', models.UUIDField()),
                ('code', models.CharField(max_length=40)),
                ('name', models.JSONField(default=dict)),
                ('area_path', models.CharField(max_length=200)),
                ('shape', django.contrib.gis.db.models.fields.MultiPolygonField(spatial_index=False, srid=4326)),
                ('area_m2', models.DecimalField(decimal_places=2, max_digits=16)),
                ('responsibility_code', models.CharField(blank=True, max_length=40)),
                ('members', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, size=None)),
                ('became', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_to', models.DateTimeField()),
                ('by_name', models.CharField(blank=True, max_length=120)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('event_uid', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['shape'], name='yw_geo_gridpast_shape'), models.Index(fields=['code'], name='yw_geo_gridpast_code'), models.Index(fields=['kind', 'object_id'], name='yw_geo_gridpast_object')],
            },
        ),
        *(
            migrations.RunSQL(
                f"SELECT yw_make_append_only('{table}', false)", f"DELETE FROM yw_append_only WHERE name = '{table}'"
            )
            for table in ("yw_geography_assetpast", "yw_geography_gridpast")
        ),
    ]
