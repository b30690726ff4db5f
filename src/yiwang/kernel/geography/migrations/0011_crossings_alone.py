"""The index of crossings holds crossings alone, as the model says: it held every address, and few crossings were sought by reading all."""

from django.db import migrations

# Written out: for a geometry column Django's PostGIS backend forgets both CONCURRENTLY and the condition.
WHOLE = 'ALTER INDEX IF EXISTS "yw_geo_address_crossing" RENAME TO "yw_geo_address_whole"'
ALONE = 'CREATE INDEX CONCURRENTLY "yw_geo_address_crossing" ON "yw_geography_addresspoint" USING gist ("point") WHERE "kind" = \'crossing\''
GONE = 'DROP INDEX CONCURRENTLY IF EXISTS "yw_geo_address_whole"'
NOT_ALONE = 'DROP INDEX CONCURRENTLY IF EXISTS "yw_geo_address_crossing"'
AGAIN = 'CREATE INDEX CONCURRENTLY "yw_geo_address_whole" ON "yw_geography_addresspoint" USING gist ("point")'
BACK = 'ALTER INDEX IF EXISTS "yw_geo_address_whole" RENAME TO "yw_geo_address_crossing"'


class Migration(migrations.Migration):
    atomic = False  # a large table stays open for writing meanwhile
    dependencies = [("yw_geography", "0010_large_files_and_grids")]
    operations = [
        migrations.RunSQL(WHOLE, BACK),
        migrations.RunSQL(ALONE, NOT_ALONE),
        migrations.RunSQL(GONE, AGAIN),
    ]
