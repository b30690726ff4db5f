"""Emergencies: plans as data, tasks with persons and times, the log."""

import django.contrib.postgres.fields
import django.db.models.deletion
import yiwang.kernel.base.uid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0014_screen"),
        ("yw_cases", "0005_desk_in_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preplan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("version", models.PositiveSmallIntegerField()),
                ("name", models.JSONField(default=dict)),
                ("text", models.JSONField(default=dict)),
                ("classes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ("components", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), size=None)),
                ("radius_m", models.PositiveIntegerField()),
                ("steps", models.JSONField(default=list)),
                ("loaded_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("code", "version"), name="city_preplan_once")],
            },
        ),
        migrations.CreateModel(
            name="Emergency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ("area_path", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=500)),
                ("raised_at", models.DateTimeField()),
                ("raised_by_name", models.CharField(blank=True, max_length=80)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by_name", models.CharField(blank=True, max_length=80)),
                ("summary", models.TextField(blank=True)),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="emergencies", to="yw_cases.case")),
                ("raised_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("plan", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.preplan")),
            ],
        ),
        migrations.CreateModel(
            name="EmergencyLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=10)),
                ("text", models.TextField(blank=True)),
                ("data", models.JSONField(default=dict)),
                ("by_name", models.CharField(blank=True, max_length=80)),
                ("emergency", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="city.emergency")),
            ],
            options={
                "indexes": [models.Index(fields=["emergency", "id"], name="city_emergency_line")],
            },
        ),
        migrations.CreateModel(
            name="EmergencyTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=yiwang.kernel.base.uid.uuid7, editable=False, unique=True)),
                ("seq", models.PositiveSmallIntegerField()),
                ("what", models.JSONField(default=dict)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("done_by_name", models.CharField(blank=True, max_length=80)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "account",
                    models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                ("emergency", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="city.emergency")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("done_at__isnull", True)), fields=["account"], name="city_emergency_task_open")],
                "constraints": [models.UniqueConstraint(fields=("emergency", "seq"), name="city_emergency_task_once")],
            },
        ),
        migrations.AddIndex(
            model_name="emergency",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["area_path"], name="city_emergency_open", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="emergency",
            index=models.Index(fields=["-raised_at", "-id"], name="city_emergency_raised"),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("case",), name="city_emergency_open_once"),
        ),
    ]
