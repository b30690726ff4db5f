"""Names of addresses folded by the database, so that rows loaded by COPY are found like any other."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION yw_geo_fold(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$body$ SELECT lower(regexp_replace(normalize(left(name, 200), NFKC), '[^[:alnum:]]+', '', 'g')) $body$;

CREATE FUNCTION yw_geo_address_keys() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.keys := ARRAY(
        SELECT DISTINCT folded FROM (
            SELECT yw_geo_fold(raw) AS folded FROM unnest(NEW.aliases || NEW.name::varchar) AS raw
        ) AS names WHERE folded <> '' ORDER BY folded
    );
    NEW.search_text := array_to_string(NEW.keys, ' ');
    RETURN NEW;
END
$body$;
CREATE TRIGGER yw_geo_address_keys BEFORE INSERT OR UPDATE OF name, aliases ON yw_geography_addresspoint
    FOR EACH ROW EXECUTE FUNCTION yw_geo_address_keys();
"""

BACKWARD = """
DROP TRIGGER yw_geo_address_keys ON yw_geography_addresspoint;
DROP FUNCTION yw_geo_address_keys();
DROP FUNCTION yw_geo_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("yw_geography", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="addresspoint",
            name="keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="addresspoint",
            index=django.contrib.postgres.indexes.GinIndex(fields=["keys"], name="yw_geo_address_keys"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
