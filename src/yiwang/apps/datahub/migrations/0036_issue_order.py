"""What a supervisor orders of a quality issue."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datahub", "0031_quality"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="qualityissue", name="order", field=models.CharField(blank=True, db_default="", max_length=500)),
        migrations.AddField(model_name="qualityissue", name="ordered_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="qualityissue",
            name="ordered_by",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
    ]
