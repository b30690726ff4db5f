"""worktime_add compares whole numbers, so that it walks the index: 60,000 rows took a minute, now a few seconds."""

import importlib

from django.db import migrations

_before = importlib.import_module("yiwang.kernel.worktime.migrations.0002_count_in_sql")
_OLD = _before.FORWARD[_before.FORWARD.index("CREATE FUNCTION worktime_add") :]
_NEW = _OLD.replace("cumulative_minutes < target\n", "cumulative_minutes < ceil(target)::int\n")
_REPLACE = "CREATE OR REPLACE FUNCTION"


class Migration(migrations.Migration):
    dependencies = [("yw_worktime", "0002_count_in_sql")]
    operations = [
        migrations.RunSQL(
            _NEW.replace("CREATE FUNCTION", _REPLACE), _OLD.replace("CREATE FUNCTION", _REPLACE)
        )
    ]
