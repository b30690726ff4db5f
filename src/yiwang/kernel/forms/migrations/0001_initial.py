"""First table of the room; the database refuses to change a published version."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [('yw_audit', '0001_append_only')]

    operations = [
        migrations.CreateModel(
            name='FormVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=80)),
                ('number', models.PositiveIntegerField()),
                ('schema', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by_name', models.CharField(blank=True, max_length=120)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('code', 'number'), name='yw_forms_version_number'),
                    models.UniqueConstraint(fields=('code', 'sha256'), name='yw_forms_version_once'),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT yw_make_append_only('yw_forms_formversion', false)",
            "DELETE FROM yw_append_only WHERE name = 'yw_forms_formversion'",
        ),
    ]
