"""The index of places made of what is there: a transaction of its own, which locks no table that people work in."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("yw_geography", "0008_geocode_runs")]
    operations = [migrations.RunSQL("SELECT yw_geo_rebuild_places()", migrations.RunSQL.noop)]
