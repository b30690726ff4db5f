from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the table stays open for uploads meanwhile
    dependencies = [("yw_files", "0002_personal_files")]
    operations = [
        migrations.AlterField(
            model_name="attachment",
            name="scan_state",
            field=models.CharField(
                choices=[("unscanned", "Not scanned"), ("clean", "Clean"), ("waiting", "Waiting for the virus check")],
                default="unscanned", max_length=12,
            ),
        ),
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index(condition=models.Q(scan_state="waiting"), fields=["uploaded_at"], name="yw_files_waiting"),
        ),
    ]
