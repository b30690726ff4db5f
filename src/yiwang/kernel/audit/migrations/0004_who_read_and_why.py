"""Readings of personal data say in which register and on which legal basis, of whom beyond parties, and whether in secret.

Columns are added empty, which rewrites nothing and fires no trigger: old lines stay as they were and keep their hashes.
The release that still runs goes on inserting without them.
"""

from django.db import migrations, models

COLUMNS = """
ALTER TABLE yw_audit_accesslog ADD COLUMN register varchar(80);
ALTER TABLE yw_audit_accesslog ADD COLUMN basis varchar(200);
ALTER TABLE yw_audit_accesslog ADD COLUMN subject_uid uuid;
ALTER TABLE yw_audit_accesslog ADD COLUMN secrecy varchar(20) CHECK (secrecy IN ('none', 'investigation'));
ALTER TABLE yw_audit_accesslog ALTER COLUMN party_id DROP NOT NULL;
ALTER TABLE yw_audit_accesslog ADD CONSTRAINT yw_audit_accesslog_of_whom CHECK (party_id IS NOT NULL OR subject_uid IS NOT NULL);
CREATE INDEX yw_audit_access_subject ON yw_audit_accesslog (subject_uid, recorded_at) WHERE subject_uid IS NOT NULL;
CREATE INDEX yw_audit_access_secret ON yw_audit_accesslog (position) WHERE secrecy = 'investigation';
"""
BACK = """
ALTER TABLE yw_audit_accesslog DROP CONSTRAINT yw_audit_accesslog_of_whom;
ALTER TABLE yw_audit_accesslog DROP COLUMN register, DROP COLUMN basis, DROP COLUMN subject_uid, DROP COLUMN secrecy;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_audit", "0003_months_that_end")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COLUMNS, BACK)],
            state_operations=[
                migrations.AddField("accesslog", "register", models.CharField(max_length=80, null=True)),
                migrations.AddField("accesslog", "basis", models.CharField(max_length=200, null=True)),
                migrations.AddField("accesslog", "subject_uid", models.UUIDField(null=True)),
                migrations.AddField("accesslog", "secrecy", models.CharField(max_length=20, null=True)),
                migrations.AlterField("accesslog", "party_id", models.BigIntegerField(null=True)),
                migrations.AddIndex(
                    "accesslog",
                    models.Index(
                        condition=models.Q(("subject_uid__isnull", False)), fields=["subject_uid", "recorded_at"], name="yw_audit_access_subject"
                    ),
                ),
                migrations.AddIndex(
                    "accesslog",
                    models.Index(condition=models.Q(("secrecy", "investigation")), fields=["position"], name="yw_audit_access_secret"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_uid", models.UUIDField(unique=True)),
                ("line_recorded_at", models.DateTimeField()),
                ("position", models.BigIntegerField(unique=True)),
                ("reason", models.CharField(max_length=500)),
                ("released_at", models.DateTimeField()),
                ("released_by_id", models.BigIntegerField(null=True)),
                ("released_by_name", models.CharField(max_length=120)),
            ],
        ),
        migrations.RunSQL("SELECT yw_make_append_only('yw_audit_accessrelease', false);", migrations.RunSQL.noop),
        migrations.AddField("unusualactivity", "lines", models.JSONField(null=True)),
    ]
