"""First tables of the room; the database refuses to change a published version."""

from django.db import migrations, models


def version(name, field):
    return migrations.CreateModel(
        name=name,
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('code', models.CharField(max_length=80)),
            ('number', models.PositiveIntegerField()),
            ('sha256', models.CharField(max_length=64)),
            ('created_at', models.DateTimeField(auto_now_add=True)),
            ('created_by_name', models.CharField(blank=True, max_length=120)),
            (field, models.TextField()),
        ],
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [('yw_audit', '0001_append_only')]

    operations = [
        version('ProcessVersion', 'bpmn'),
        version('DecisionVersion', 'dmn'),
        migrations.AddConstraint('processversion', models.UniqueConstraint(fields=('code', 'number'), name='yw_process_version_number')),
        migrations.AddConstraint('processversion', models.UniqueConstraint(fields=('code', 'sha256'), name='yw_process_version_once')),
        migrations.AddConstraint('decisionversion', models.UniqueConstraint(fields=('code', 'number'), name='yw_process_decision_number')),
        migrations.AddConstraint('decisionversion', models.UniqueConstraint(fields=('code', 'sha256'), name='yw_process_decision_once')),
        migrations.RunSQL(
            "SELECT yw_make_append_only('yw_process_processversion', false); SELECT yw_make_append_only('yw_process_decisionversion', false)",
            "DELETE FROM yw_append_only WHERE name IN ('yw_process_processversion', 'yw_process_decisionversion')",
        ),
    ]
