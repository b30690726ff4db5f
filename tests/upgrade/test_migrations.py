"""Every migration after the first release leaves the release before it able to work."""

import pytest
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader

from yiwang.kernel.base import migration_rules, upgrading

# Breaches that were judged and taken, each with its reason: what is already on somebody's disk, and what only looks like one.
ACCEPTED = {
    "yw_audit.0004_who_read_and_why": "partitioned tables know no concurrent index; both are partial on columns that the same migration adds empty",
    "yw_audit.0003_months_that_end": "DROP TABLE stands in a function that drops ended months later; the migration itself drops nothing",
    "yw_audit.0002_warnings_and_verifications": "partitioned tables know no concurrent index; a release of days has few lines",
}


def _later() -> list[Migration]:
    """Our migrations that the first release did not have."""
    loader = MigrationLoader(None)
    first = upgrading.OLDEST[1]
    rooms = {label for label, _name in loader.disk_migrations if label.startswith("yw_") or label == "city"}
    found = []
    for (label, name), migration in sorted(loader.disk_migrations.items()):
        if label in rooms and label in first and name > first[label]:
            found.append(migration)
    return found


def test_no_release_breaks_the_one_that_still_runs():
    wrong = [
        f"{m.app_label}.{m.name}: {finding}" for m in _later() if f"{m.app_label}.{m.name}" not in ACCEPTED
        for finding in migration_rules.findings(m)
    ]
    assert wrong == []
    known = {f"{m.app_label}.{m.name}" for m in _later()}
    assert set(ACCEPTED) <= known


def _migration(*found: object, **marks: object) -> Migration:
    made = type("Migration", (Migration,), {"operations": list(found), **marks})
    return made("0009_test", "yw_cases")


Q = models.Q
BAD = {
    "drop": _migration(operations.RemoveField("case", "address")),
    "rename": _migration(operations.RenameField("case", "address", "place")),
    "gone": _migration(operations.DeleteModel("Rating")),
    "not null": _migration(operations.AddField("case", "level", models.CharField(max_length=9, default="x"))),
    "index": _migration(operations.AddIndex("case", models.Index(fields=["title"], name="t"))),
    "constraint": _migration(operations.AddConstraint("case", models.CheckConstraint(condition=Q(title=""), name="c"))),
    "python": _migration(operations.RunPython(lambda apps, editor: None)),
    "sql drop": _migration(operations.RunSQL("ALTER TABLE yw_cases_case DROP COLUMN address")),
    "sql not null": _migration(operations.RunSQL("ALTER TABLE yw_cases_case ADD COLUMN level text NOT NULL")),
    "sql index": _migration(operations.RunSQL("CREATE INDEX x ON yw_cases_case (title)")),
    "sql update": _migration(operations.RunSQL("UPDATE yw_cases_case SET title = ''")),
}
GOOD = {
    "nullable": _migration(operations.AddField("case", "level", models.CharField(max_length=9, null=True))),
    "db_default": _migration(operations.AddField("case", "level", models.CharField(max_length=9, db_default="x"))),
    "contract": _migration(operations.RemoveField("case", "address"), contracts="0.2"),
    "new table": _migration(operations.CreateModel("Fresh", [("id", models.BigAutoField(primary_key=True))]),
                            operations.AddIndex("fresh", models.Index(fields=["id"], name="f"))),
    "sql default": _migration(operations.RunSQL("ALTER TABLE yw_cases_case ADD COLUMN level text NOT NULL DEFAULT ''")),
    "concurrently": _migration(operations.RunSQL("CREATE INDEX CONCURRENTLY x ON yw_cases_case (title)")),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_breaks_the_running_release_is_named(name: str):
    assert list(migration_rules.findings(BAD[name]))


@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_only_adds_is_let_through(name: str):
    assert list(migration_rules.findings(GOOD[name])) == []


@pytest.mark.django_db
def test_the_owner_gives_up_a_lock_soon_and_the_app_does_not_stop_long_statements_of_migrations():
    from django.conf import settings

    assert "lock_timeout" not in settings.DATABASES["default"]["OPTIONS"]["options"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "1min"
