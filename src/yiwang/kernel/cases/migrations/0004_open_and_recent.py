"""What is open, and what moved in the last days, is found without asking the closed years: of a million cases one in fifty."""

from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # a large table stays open for writing meanwhile
    dependencies = [("yw_cases", "0003_search_long_words")]
    operations = [
        AddIndexConcurrently("case", GistIndex(fields=["point"], name="yw_cases_open_point", condition=Q(closed_at__isnull=True))),
        AddIndexConcurrently("case", models.Index(fields=["filed_at"], name="yw_cases_filed")),
        AddIndexConcurrently("case", models.Index(fields=["closed_at"], name="yw_cases_closed", condition=Q(closed_at__isnull=False))),
    ]
