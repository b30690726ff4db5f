"""The log of calls is append-only: no line is changed or removed, by whomever."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("datahub", "0051_share_requests"), ("yw_audit", "0001_append_only")]
    operations = [migrations.RunSQL("SELECT yw_make_append_only('datahub_grantcall', false)", migrations.RunSQL.noop)]
