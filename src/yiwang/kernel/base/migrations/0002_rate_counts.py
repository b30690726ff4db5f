from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yw_base", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="RateCount",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("used_until", models.DateTimeField()),
            ],
        ),
        # Not written ahead: counts may vanish in a crash, and the row of a busy caller is updated in place.
        migrations.RunSQL(
            "ALTER TABLE yw_base_ratecount SET UNLOGGED;"
            "ALTER TABLE yw_base_ratecount SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
            migrations.RunSQL.noop,
        ),
    ]
