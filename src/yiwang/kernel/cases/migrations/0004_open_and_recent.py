"""What is open, and what moved in the last days, is found without asking the closed years: of a million cases one in fifty."""

from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

# Written out: for a geometry column Django's PostGIS backend forgets both CONCURRENTLY and the condition.
OPEN_POINT = 'CREATE INDEX CONCURRENTLY "yw_cases_open_point" ON "yw_cases_case" USING gist ("point") WHERE "closed_at" IS NULL'
NO_OPEN_POINT = 'DROP INDEX CONCURRENTLY IF EXISTS "yw_cases_open_point"'


class Migration(migrations.Migration):
    atomic = False  # a large table stays open for writing meanwhile
    dependencies = [("yw_cases", "0003_search_long_words")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(OPEN_POINT, NO_OPEN_POINT)],
            state_operations=[
                migrations.AddIndex("case", GistIndex(fields=["point"], name="yw_cases_open_point", condition=Q(closed_at__isnull=True)))
            ],
        ),
        AddIndexConcurrently("case", models.Index(fields=["filed_at"], name="yw_cases_filed")),
        AddIndexConcurrently("case", models.Index(fields=["closed_at"], name="yw_cases_closed", condition=Q(closed_at__isnull=False))),
    ]
