from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yw_base", "0003_heartbeats_and_readings")]
    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
    ]
