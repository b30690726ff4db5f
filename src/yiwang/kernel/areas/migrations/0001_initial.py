"""First tables of the room."""

import django.db.models.deletion
import yiwang.kernel.base.uid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('level', models.CharField(choices=[('city', '市'), ('district', '区县'), ('street', '街道'), ('community', '社区'), ('grid', '单元网格')], max_length=12)),
                ('code', models.CharField(max_length=32)),
                ('name', models.JSONField(default=dict)),
                ('path', models.CharField(max_length=200, unique=True)),
                ('region', models.CharField(max_length=6)),
                ('manual_level', models.CharField(default='A', max_length=1)),
                ('two_level', models.BooleanField(default=False)),
                ('time_zone', models.CharField(blank=True, max_length=64)),
                ('calendar_code', models.CharField(blank=True, max_length=40)),
                ('crs', models.CharField(blank=True, max_length=20)),
                ('bounded', models.BooleanField(default=False)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='yw_areas.area')),
            ],
            options={
                'indexes': [models.Index(fields=['path'], name='yw_areas_path_prefix', opclasses=['varchar_pattern_ops']), models.Index(fields=['parent', 'code'], name='yw_areas_parent_code')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('code',), name='yw_areas_code_live')],
            },
        ),
    ]
