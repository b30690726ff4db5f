"""Warnings of unusual activity, results of verifications, and an index on the lines that belong to no case."""

import yiwang.kernel.base.uid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('yw_audit', '0001_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnusualActivity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('unit', models.CharField(max_length=4)),
                ('starts_at', models.DateTimeField()),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_id', models.BigIntegerField()),
                ('actor_name', models.CharField(max_length=120)),
                ('post_name', models.CharField(max_length=120)),
                ('family', models.CharField(max_length=12)),
                ('subject', models.CharField(max_length=120)),
                ('amount', models.BigIntegerField()),
                ('own_median', models.FloatField()),
                ('own_periods', models.IntegerField()),
                ('own_bound', models.FloatField(null=True)),
                ('peer_median', models.FloatField()),
                ('peer_people', models.IntegerField()),
                ('peer_bound', models.FloatField(null=True)),
                ('raised_at', models.DateTimeField(auto_now_add=True)),
                ('verdict', models.CharField(blank=True, max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('judged_at', models.DateTimeField(null=True)),
                ('judged_by_id', models.BigIntegerField(null=True)),
                ('judged_by_name', models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('by', models.CharField(max_length=120)),
                ('lines', models.BigIntegerField()),
                ('cases', models.BigIntegerField()),
                ('seals', models.BigIntegerField()),
                ('unsealed', models.BigIntegerField()),
                ('vouched_until', models.DateTimeField(null=True)),
                ('vouched_position', models.BigIntegerField()),
                ('fault_count', models.IntegerField()),
                ('faults', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('watched_until', models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('case_id__isnull', True)), fields=['position'], name='yw_audit_event_caseless'),
        ),
        migrations.AddIndex(
            model_name='unusualactivity',
            index=models.Index(fields=['judged_at', '-id'], name='yw_audit_unusual_open'),
        ),
        migrations.AddConstraint(
            model_name='unusualactivity',
            constraint=models.UniqueConstraint(fields=('starts_at', 'unit', 'actor_kind', 'actor_id', 'family', 'subject'), name='yw_audit_unusual_once'),
        ),
    ]
