"""How much of each responsibility grid was walked on a day that has ended, kept instead of computed at every look."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("city", "0005_field"), ("yw_geography", "0009_places_indexed")]

    operations = [
        migrations.CreateModel(
            name="GridCover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("area_path", models.CharField(max_length=200)),
                ("cells", models.PositiveIntegerField()),
                ("seen", models.PositiveIntegerField()),
                ("kept_at", models.DateTimeField()),
                ("grid", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="yw_geography.responsibilitygrid", db_index=False)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("day", "grid"), name="city_gridcover_once")]},
        ),
    ]
