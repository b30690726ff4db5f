"""A desk with thousands of waiting tasks is read in its own order until a page is full."""

import datetime

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce

_NEVER = models.Value(datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC), output_field=models.DateTimeField())
_OPEN = models.Q(state="open")


class Migration(migrations.Migration):
    atomic = False  # a large table stays open for writing meanwhile
    dependencies = [("yw_cases", "0004_open_and_recent")]
    operations = [
        AddIndexConcurrently("task", models.Index(fields=["-opened_at", "-id"], name="yw_cases_task_opened", condition=_OPEN)),
        AddIndexConcurrently("task", models.Index(Coalesce("due_at", _NEVER), "id", name="yw_cases_task_due", condition=_OPEN)),
    ]
