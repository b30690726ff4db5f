"""Remember what a role was shipped with, so that local edits are told from an update."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('yw_identity', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='role',
            name='shipped',
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
