"""Census of components: orders, their parts by grid, the components of each, and what inspectors said of them."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.db.models.deletion
import yiwang.kernel.base.uid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('city', '0003_ownership_lists'),
        ('yw_areas', '0001_initial'),
        ('yw_cases', '0005_desk_in_order'),
        ('yw_geography', '0007_touched_by_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CensusOrder',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='census', serialize=False, to='yw_cases.case')),
                ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), size=None)),
                ('areas', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('due_on', models.DateField()),
                ('due_at', models.DateTimeField()),
                ('asks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), default=list, size=None)),
                ('asks_photo', models.BooleanField(default=False)),
                ('asks_new', models.BooleanField(default=True)),
                ('most_metres', models.PositiveSmallIntegerField(default=30)),
                ('corrects_at_once', models.BooleanField(default=True)),
                ('adds_at_once', models.BooleanField(default=False)),
                ('ordered_by_name', models.CharField(blank=True, max_length=80)),
                ('ordered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CensusPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('area_path', models.CharField(max_length=200)),
                ('state', models.CharField(default='open', max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('grid', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_geography.responsibilitygrid')),
                ('inspector', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='city.censusorder')),
                ('street', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_areas.area')),
                ('task', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='census_part', to='yw_cases.task')),
            ],
        ),
        migrations.CreateModel(
            name='CensusItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='asked', max_length=12)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('asset', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='yw_geography.asset')),
                ('part', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='city.censuspart')),
            ],
        ),
        migrations.CreateModel(
            name='CensusAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('answer', models.CharField(max_length=12)),
                ('values', models.JSONField(default=dict)),
                ('changed', models.JSONField(default=dict)),
                ('point', django.contrib.gis.db.models.fields.PointField(blank=True, null=True, spatial_index=False, srid=4326)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('files', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('state', models.CharField(default='applied', max_length=10)),
                ('by_name', models.CharField(blank=True, max_length=80)),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('decided_by_name', models.CharField(blank=True, max_length=80)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_reason', models.CharField(blank=True, max_length=500)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='city.censusitem')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='city.censusorder')),
            ],
            options={
                'indexes': [models.Index(fields=['order', 'state', 'id'], name='city_census_answer_state'), models.Index(fields=['item', '-id'], name='city_census_answer_item')],
            },
        ),
        migrations.AddIndex(
            model_name='censuspart',
            index=models.Index(fields=['order', 'state'], name='city_census_part_state'),
        ),
        migrations.AddIndex(
            model_name='censusitem',
            index=models.Index(fields=['part', 'state'], name='city_census_item_state'),
        ),
        migrations.AddIndex(
            model_name='censusitem',
            index=models.Index(condition=models.Q(('asset__isnull', False)), fields=['asset'], name='city_census_item_asset'),
        ),
        migrations.AddConstraint(
            model_name='censusitem',
            constraint=models.UniqueConstraint(condition=models.Q(('asset__isnull', False)), fields=('part', 'asset'), name='city_census_item_once'),
        ),
    ]
