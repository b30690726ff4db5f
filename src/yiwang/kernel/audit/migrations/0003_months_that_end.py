"""Append-only tables whose months are dropped after a time (positions): registered with the least time they are kept."""

from django.db import migrations

FORWARD = """
ALTER TABLE yw_append_only ADD COLUMN keep_least_days integer;

-- For migrations: lines of this table may be dropped, by whole months, when they are older than so many days.
CREATE FUNCTION yw_let_months_end(tbl text, least_days integer) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.yw_append_only SET keep_least_days = least_days WHERE name = tbl AND partitioned;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is not a partitioned append-only table', tbl;
    END IF;
END $$;
REVOKE ALL ON FUNCTION yw_let_months_end(text, integer) FROM PUBLIC;

-- Drop the months that lie wholly before `before`; returns how many. The running role may call it, so it works as its
-- owner, only on tables that a migration registered for it, and never on what is younger than they say.
CREATE FUNCTION yw_end_months(tbl text, before date) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    least integer;
    part record;
    ended integer := 0;
BEGIN
    SELECT keep_least_days INTO least FROM public.yw_append_only WHERE name = tbl AND partitioned;
    IF least IS NULL THEN
        RAISE EXCEPTION 'the months of % never end', tbl;
    END IF;
    IF before > current_date - least THEN
        RAISE EXCEPTION '% is kept for at least % days', tbl, least;
    END IF;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('public.%I', tbl)::regclass AND c.relname ~ ('^' || tbl || '_[0-9]{4}_[0-9]{2}$')
          AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')::date <= before
    LOOP
        EXECUTE format('DROP TABLE public.%I', part.relname);
        ended := ended + 1;
    END LOOP;
    RETURN ended;
END $$;
"""
BACK = """
DROP FUNCTION yw_end_months(text, date);
DROP FUNCTION yw_let_months_end(text, integer);
ALTER TABLE yw_append_only DROP COLUMN keep_least_days;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_audit", "0002_warnings_and_verifications")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
