"""Statistics after a bulk write: the running role owns no table, so it asks the owner, by this one function."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION yw_gather_statistics(tables text[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY tables LOOP
        EXECUTE format('ANALYZE public.%I', one);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION yw_gather_statistics(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION yw_gather_statistics(text[]) TO yiwang_app;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_base", "0004_backfills")]
    operations = [migrations.RunSQL(FORWARDS, "DROP FUNCTION yw_gather_statistics(text[])")]
