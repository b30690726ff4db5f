"""The inspector's phone: signing in and out, positions, spans without a place; append-only, in monthly partitions."""

from django.db import migrations, models

KEY = """
    region varchar(6) NOT NULL CHECK (length(region) = 6),
    recorded_at timestamptz NOT NULL,
    uid uuid NOT NULL,
    shift_uid uuid NOT NULL,
    account_id bigint NOT NULL,
"""

MARK = (
    "CREATE TABLE city_fieldmark ("
    + KEY
    + """
    kind varchar(4) NOT NULL CHECK (kind IN ('in', 'out')),
    org_id bigint,
    grid_id bigint,
    area_path varchar(200) NOT NULL,
    occurred_at timestamptz NOT NULL,
    said_at timestamptz NOT NULL,
    clock_off_s integer NOT NULL,
    lon double precision,
    lat double precision,
    accuracy_m double precision,
    source varchar(10) NOT NULL,
    no_place_reason varchar(200) NOT NULL,
    away_m double precision,
    fix_system varchar(6) NOT NULL,
    fix_sure boolean NOT NULL,
    PRIMARY KEY (region, recorded_at, uid)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX city_fieldmark_account ON city_fieldmark (account_id, recorded_at);
CREATE INDEX city_fieldmark_grid ON city_fieldmark (grid_id, recorded_at);
"""
)

POSITION = (
    "CREATE TABLE city_position ("
    + KEY
    + """
    occurred_at timestamptz NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    accuracy_m double precision,
    device varchar(60) NOT NULL,
    from_system varchar(6) NOT NULL,
    PRIMARY KEY (region, recorded_at, uid)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX city_position_shift ON city_position (shift_uid, occurred_at);
"""
)

SPAN = (
    "CREATE TABLE city_nofixspan ("
    + KEY
    + """
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL CHECK (ended_at >= began_at),
    reason varchar(14) NOT NULL CHECK (reason IN ('no_fix', 'screen_locked', 'off')),
    PRIMARY KEY (region, recorded_at, uid)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX city_nofix_shift ON city_nofixspan (shift_uid, began_at);
"""
)

GUARD = """
SELECT yw_make_append_only('{table}', true);
SELECT yw_ensure_partitions('{table}', (now() - interval '1 month')::date, (now() + interval '3 months')::date);
"""
POSITIONS_KEPT_LEAST = 7  # days; the setting POSITIONS_KEEP_DAYS says how long they really are
END = f"""
SELECT yw_let_months_end('city_position', {POSITIONS_KEPT_LEAST});
SELECT yw_let_months_end('city_nofixspan', {POSITIONS_KEPT_LEAST});
"""
FORGET = "DELETE FROM yw_append_only WHERE name = '{table}'; DROP TABLE {table};"

_KEY = [
    ("pk", models.CompositePrimaryKey("region", "recorded_at", "uid", blank=True, editable=False, primary_key=True, serialize=False)),
    ("region", models.CharField(max_length=6)),
    ("recorded_at", models.DateTimeField()),
    ("uid", models.UUIDField()),
]


def _table(name: str, sql: str, fields: list[tuple[str, models.Field]], indexes: list[models.Index]) -> migrations.SeparateDatabaseAndState:
    table = f"city_{name.lower()}"
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(sql + GUARD.format(table=table), FORGET.format(table=table))],
        state_operations=[migrations.CreateModel(name=name, fields=[*_KEY, *fields], options={"indexes": indexes})],
    )


class Migration(migrations.Migration):
    dependencies = [("city", "0004_census"), ("yw_audit", "0003_months_that_end")]

    operations = [
        _table("FieldMark", MARK, [
            ("kind", models.CharField(max_length=4)),
            ("shift_uid", models.UUIDField()),
            ("account_id", models.BigIntegerField()),
            ("org_id", models.BigIntegerField(null=True)),
            ("grid_id", models.BigIntegerField(null=True)),
            ("area_path", models.CharField(max_length=200)),
            ("occurred_at", models.DateTimeField()),
            ("said_at", models.DateTimeField()),
            ("clock_off_s", models.IntegerField(default=0)),
            ("lon", models.FloatField(null=True)),
            ("lat", models.FloatField(null=True)),
            ("accuracy_m", models.FloatField(null=True)),
            ("source", models.CharField(blank=True, max_length=10)),
            ("no_place_reason", models.CharField(blank=True, max_length=200)),
            ("away_m", models.FloatField(null=True)),
            ("fix_system", models.CharField(blank=True, max_length=6)),
            ("fix_sure", models.BooleanField(default=False)),
        ], [models.Index(fields=["account_id", "recorded_at"], name="city_fieldmark_account"),
            models.Index(fields=["grid_id", "recorded_at"], name="city_fieldmark_grid")]),
        _table("Position", POSITION, [
            ("shift_uid", models.UUIDField()),
            ("account_id", models.BigIntegerField()),
            ("occurred_at", models.DateTimeField()),
            ("lon", models.FloatField()),
            ("lat", models.FloatField()),
            ("accuracy_m", models.FloatField(null=True)),
            ("device", models.CharField(blank=True, max_length=60)),
            ("from_system", models.CharField(blank=True, max_length=6)),
        ], [models.Index(fields=["shift_uid", "occurred_at"], name="city_position_shift")]),
        _table("NoFixSpan", SPAN, [
            ("shift_uid", models.UUIDField()),
            ("account_id", models.BigIntegerField()),
            ("began_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField()),
            ("reason", models.CharField(max_length=14)),
        ], [models.Index(fields=["shift_uid", "began_at"], name="city_nofix_shift")]),
        migrations.RunSQL(END, migrations.RunSQL.noop),
    ]  # fmt: skip
