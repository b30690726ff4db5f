"""A layer's rows also change when the names, places in the tree or bodies that they show do."""

from django.db import migrations

TABLES = {"yw_areas_area": ("boundaries", "unit_grids"), "yw_identity_organization": ("assets",)}
MADE = "\n".join(
    f"CREATE TRIGGER yw_geo_touch AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION yw_geo_touch({', '.join(repr(layer) for layer in layers)});"
    for table, layers in TABLES.items()
)
UNMADE = "\n".join(f"DROP TRIGGER yw_geo_touch ON {table};" for table in TABLES)


class Migration(migrations.Migration):

    dependencies = [
        ('yw_areas', '0001_initial'),
        ('yw_geography', '0006_place_keys'),
        ('yw_identity', '0001_initial'),
    ]

    operations = [migrations.RunSQL(MADE, UNMADE)]
