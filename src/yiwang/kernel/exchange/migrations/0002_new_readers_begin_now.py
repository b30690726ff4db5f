"""Readers that came with judging and supervision begin where the record stands: nobody gets a card for what was late years ago.

The facts of older cases are made by the backfill `indicators.facts`.
"""

from django.db import migrations

BEGIN = """
INSERT INTO yw_exchange_relaycursor (name, position, updated_at, last_error)
SELECT name, coalesce((SELECT safe_position FROM yw_audit_tide WHERE stream = 'event'), 0), now(), ''
FROM unnest(ARRAY['facts', 'supervision']) AS name
ON CONFLICT (name) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("yw_exchange", "0001_initial"), ("yw_audit", "0003_months_that_end")]

    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
