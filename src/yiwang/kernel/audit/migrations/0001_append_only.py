"""The record: append-only tables with monthly partitions, and the functions that make any table so."""

from django.db import migrations, models

import yiwang.kernel.audit.models

APPEND_ONLY = """
CREATE TABLE yw_append_only (name text PRIMARY KEY, partitioned boolean NOT NULL);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON yw_append_only FROM yiwang_app;

CREATE FUNCTION yw_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: its lines are never changed, removed or truncated', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- The number of a line. The transaction's own id is drawn first, always: readers conclude from the oldest running
-- transaction which numbers can still appear.
CREATE FUNCTION yw_next_position(counter regclass) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN nextval(counter);
END $$;

-- What every append-only table and every partition of it gets.
CREATE FUNCTION yw_guard_append_only(tbl regclass, partition boolean) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %s FROM yiwang_app, PUBLIC', tbl);
    EXECUTE format('CREATE TRIGGER yw_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                   'EXECUTE FUNCTION public.yw_refuse_change()', tbl);
    IF NOT partition THEN  -- a row trigger of the parent is cloned to its partitions
        EXECUTE format('CREATE TRIGGER yw_no_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW '
                       'EXECUTE FUNCTION public.yw_refuse_change()', tbl);
    END IF;
END $$;

-- For migrations of every room: make this table append-only. With `partitioned` it must be PARTITION BY RANGE of one
-- timestamptz; its months are then made by yw_ensure_partitions.
CREATE FUNCTION yw_make_append_only(tbl text, is_partitioned boolean) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.yw_append_only (name, partitioned) VALUES (tbl, is_partitioned);
    PERFORM public.yw_guard_append_only(tbl::regclass, false);
END $$;

-- Make the monthly partitions that hold moments from `first_day` to `last_day`; returns how many were new. The running
-- role may call it, so it works as its owner and only on registered tables.
CREATE FUNCTION yw_ensure_partitions(tbl text, first_day date, last_day date) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month date := date_trunc('month', first_day)::date;
    part text;
    made integer := 0;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.yw_append_only WHERE name = tbl AND partitioned) THEN
        RAISE EXCEPTION '% is not a partitioned append-only table', tbl;
    END IF;
    IF last_day < first_day OR last_day - first_day > 366 * 60 THEN
        RAISE EXCEPTION 'partitions from % to % make no sense', first_day, last_day;
    END IF;
    WHILE month <= last_day LOOP
        part := format('%s_%s', tbl, to_char(month, 'YYYY_MM'));
        IF to_regclass(format('public.%I', part)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('yw_ensure_partitions'));
            IF to_regclass(format('public.%I', part)) IS NULL THEN
                -- Made apart and attached, which does not stop readers and writers of the other months.
                EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part, tbl);
                PERFORM public.yw_guard_append_only(format('public.%I', part)::regclass, true);
                EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                               tbl, part, month::timestamptz, (month + interval '1 month')::timestamptz);
                made := made + 1;
            END IF;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
"""

LINE_COLUMNS = """
    region varchar(6) NOT NULL CHECK (length(region) = 6),
    recorded_at timestamptz NOT NULL,
    uid uuid NOT NULL,
    position bigint NOT NULL DEFAULT yw_next_position('{table}_position'),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    actor_kind varchar(10) NOT NULL,
    actor_id bigint,
    actor_name varchar(120) NOT NULL,
    post_id bigint,
    post_name varchar(120) NOT NULL,
    org_id bigint,
    on_behalf_of_id bigint,
    case_id bigint,
    case_uid uuid,
    request_id varchar(64) NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
"""

EVENT = (
    """
CREATE SEQUENCE yw_audit_event_position;
CREATE TABLE yw_audit_event ("""
    + LINE_COLUMNS.format(table="yw_audit_event")
    + """
    case_seq integer,
    task_uid uuid,
    action varchar(80) NOT NULL,
    step varchar(80) NOT NULL,
    from_state varchar(40) NOT NULL,
    to_state varchar(40) NOT NULL,
    outcome varchar(40) NOT NULL,
    occurred_at timestamptz NOT NULL,
    area_path varchar(200) NOT NULL,
    case_org_id bigint,
    matter varchar(80) NOT NULL,
    mode varchar(10) NOT NULL CHECK (mode IN ('live', 'trial', 'imported')),
    data jsonb NOT NULL,
    lon double precision,
    lat double precision,
    prev_hash bytea NOT NULL CHECK (length(prev_hash) IN (0, 32)),
    PRIMARY KEY (region, recorded_at, uid),
    CHECK ((case_id IS NULL) = (case_seq IS NULL))
) PARTITION BY RANGE (recorded_at);
CREATE INDEX yw_audit_event_position_idx ON yw_audit_event (position);
CREATE INDEX yw_audit_event_case ON yw_audit_event (case_id, case_seq);
CREATE INDEX yw_audit_event_recorded ON yw_audit_event USING brin (recorded_at);
CREATE INDEX yw_audit_event_actor ON yw_audit_event (actor_id, recorded_at);
SELECT yw_make_append_only('yw_audit_event', true);
SELECT yw_ensure_partitions('yw_audit_event', (now() - interval '1 month')::date, (now() + interval '3 months')::date);
"""
)

ACCESS = (
    """
CREATE SEQUENCE yw_audit_accesslog_position;
CREATE TABLE yw_audit_accesslog ("""
    + LINE_COLUMNS.format(table="yw_audit_accesslog")
    + """
    party_id bigint NOT NULL,
    party_uid uuid,
    field_names jsonb NOT NULL,
    purpose varchar(200) NOT NULL,
    PRIMARY KEY (region, recorded_at, uid)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX yw_audit_access_position ON yw_audit_accesslog (position);
CREATE INDEX yw_audit_access_party ON yw_audit_accesslog (party_id, recorded_at);
CREATE INDEX yw_audit_access_actor ON yw_audit_accesslog (actor_id, recorded_at);
SELECT yw_make_append_only('yw_audit_accesslog', true);
SELECT yw_ensure_partitions('yw_audit_accesslog', (now() - interval '1 month')::date, (now() + interval '3 months')::date);
"""
)

SEAL = "SELECT yw_make_append_only('yw_audit_seal', false);"
TIDE = "INSERT INTO yw_audit_tide VALUES ('event', 0, 0, 0), ('access', 0, 0, 0);"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(APPEND_ONLY),
        migrations.CreateModel(
            name='Tide',
            fields=[
                ('stream', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('safe_position', models.BigIntegerField(default=0)),
                ('pending_position', models.BigIntegerField(default=0)),
                ('pending_xid', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(TIDE),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stream', models.CharField(max_length=10)),
                ('number', models.BigIntegerField()),
                ('after_position', models.BigIntegerField()),
                ('upto_position', models.BigIntegerField()),
                ('count', models.IntegerField()),
                ('total', models.BigIntegerField()),
                ('leaves', models.BinaryField()),
                ('root', models.BinaryField()),
                ('previous', models.BinaryField()),
                ('sealed_at', models.DateTimeField()),
                ('hash', models.BinaryField()),
                ('mac', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('stream', 'number'), name='yw_audit_seal_once')],
            },
        ),
        migrations.RunSQL(SEAL),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EVENT)],
            state_operations=[
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('pk', models.CompositePrimaryKey('region', 'recorded_at', 'uid', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('region', models.CharField(max_length=6)),
                        ('recorded_at', models.DateTimeField()),
                        ('uid', models.UUIDField()),
                        ('position', models.BigIntegerField(editable=False)),
                        ('xid', yiwang.kernel.audit.models.Xid8Field(editable=False)),
                        ('actor_kind', models.CharField(max_length=10)),
                        ('actor_id', models.BigIntegerField(null=True)),
                        ('actor_name', models.CharField(max_length=120)),
                        ('post_id', models.BigIntegerField(null=True)),
                        ('post_name', models.CharField(max_length=120)),
                        ('org_id', models.BigIntegerField(null=True)),
                        ('on_behalf_of_id', models.BigIntegerField(null=True)),
                        ('case_id', models.BigIntegerField(null=True)),
                        ('case_uid', models.UUIDField(null=True)),
                        ('request_id', models.CharField(max_length=64)),
                        ('hash', models.BinaryField()),
                        ('case_seq', models.IntegerField(null=True)),
                        ('task_uid', models.UUIDField(null=True)),
                        ('action', models.CharField(max_length=80)),
                        ('step', models.CharField(max_length=80)),
                        ('from_state', models.CharField(max_length=40)),
                        ('to_state', models.CharField(max_length=40)),
                        ('outcome', models.CharField(max_length=40)),
                        ('occurred_at', models.DateTimeField()),
                        ('area_path', models.CharField(max_length=200)),
                        ('case_org_id', models.BigIntegerField(null=True)),
                        ('matter', models.CharField(max_length=80)),
                        ('mode', models.CharField(max_length=10)),
                        ('data', models.JSONField()),
                        ('lon', models.FloatField(null=True)),
                        ('lat', models.FloatField(null=True)),
                        ('prev_hash', models.BinaryField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['position'], name='yw_audit_event_position_idx'), models.Index(fields=['case_id', 'case_seq'], name='yw_audit_event_case'), models.Index(fields=['recorded_at'], name='yw_audit_event_recorded'), models.Index(fields=['actor_id', 'recorded_at'], name='yw_audit_event_actor')],
                    },
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ACCESS)],
            state_operations=[
                migrations.CreateModel(
                    name='AccessLog',
                    fields=[
                        ('pk', models.CompositePrimaryKey('region', 'recorded_at', 'uid', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('region', models.CharField(max_length=6)),
                        ('recorded_at', models.DateTimeField()),
                        ('uid', models.UUIDField()),
                        ('position', models.BigIntegerField(editable=False)),
                        ('xid', yiwang.kernel.audit.models.Xid8Field(editable=False)),
                        ('actor_kind', models.CharField(max_length=10)),
                        ('actor_id', models.BigIntegerField(null=True)),
                        ('actor_name', models.CharField(max_length=120)),
                        ('post_id', models.BigIntegerField(null=True)),
                        ('post_name', models.CharField(max_length=120)),
                        ('org_id', models.BigIntegerField(null=True)),
                        ('on_behalf_of_id', models.BigIntegerField(null=True)),
                        ('case_id', models.BigIntegerField(null=True)),
                        ('case_uid', models.UUIDField(null=True)),
                        ('request_id', models.CharField(max_length=64)),
                        ('hash', models.BinaryField()),
                        ('party_id', models.BigIntegerField()),
                        ('party_uid', models.UUIDField(null=True)),
                        ('field_names', models.JSONField()),
                        ('purpose', models.CharField(max_length=200)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['position'], name='yw_audit_access_position'), models.Index(fields=['party_id', 'recorded_at'], name='yw_audit_access_party'), models.Index(fields=['actor_id', 'recorded_at'], name='yw_audit_access_actor')],
                    },
                ),
            ],
        ),
    ]
