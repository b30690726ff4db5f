"""Large map files: waiting rows have fewer indexes (each is written once for every row), a state while they are taken back; what a closed grid was besides its shape."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("yw_geography", "0009_places_indexed")]

    operations = [
        migrations.RemoveIndex(model_name="importrow", name="yw_geo_importrow_geom"),
        migrations.AlterField(
            model_name="importrow", name="batch",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="yw_geography.importbatch"),
        ),
        migrations.AddField(model_name="gridpast", name="facts", field=models.JSONField(blank=True, default=dict)),
        migrations.AlterField(
            model_name="importbatch", name="state",
            field=models.CharField(
                choices=[
                    ("reading", "Being read"), ("mapping", "Waiting for fields"), ("checking", "Rows being checked"), ("checked", "Checked"),
                    ("bringing", "Being brought in"), ("done", "Brought in"), ("failed", "Cannot be read"), ("discarded", "Discarded"),
                    ("undoing", "Being undone"), ("undone", "Undone"),
                ],
                default="reading", max_length=12,
            ),
        ),
    ]  # fmt: skip
