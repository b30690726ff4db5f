"""Search in open data sets: bigrams of names, notes, tags and the source's name, kept by trigger."""

from django.db import migrations

FORWARD = r"""
CREATE FUNCTION datahub_openset_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := yw_bigrams(concat_ws(' ', NEW.slug, NEW.title->>'zh-Hans', NEW.title->>'en', NEW.notes->>'zh-Hans',
    NEW.notes->>'en', array_to_string(NEW.tags, ' '),
    (SELECT concat_ws(' ', name->>'zh-Hans', name->>'en') FROM yw_identity_organization WHERE id = NEW.org_id)));
  RETURN NEW;
END $$;
CREATE TRIGGER datahub_openset_search BEFORE INSERT OR UPDATE OF slug, title, notes, tags, org_id ON datahub_openset
  FOR EACH ROW EXECUTE FUNCTION datahub_openset_search();
"""
BACK = """
DROP TRIGGER datahub_openset_search ON datahub_openset;
DROP FUNCTION datahub_openset_search;
"""


class Migration(migrations.Migration):
    dependencies = [("datahub", "0060_opening"), ("yw_cases", "0003_search_long_words")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
