"""Figures are never overwritten: the database refuses to delete one, or to change what it says."""

from django.db import migrations

SQL = """
CREATE FUNCTION datahub_figure_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'waiting'
       AND (OLD.series_id, OLD.period, OLD.start_on, OLD.revision, OLD.value, OLD.status, OLD.reason, OLD.released_on, OLD.made_by_id, OLD.made_at)
           IS NOT DISTINCT FROM
           (NEW.series_id, NEW.period, NEW.start_on, NEW.revision, NEW.value, NEW.status, NEW.reason, NEW.released_on, NEW.made_by_id, NEW.made_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'figures are only added: % of datahub_economicfigure refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER datahub_figure_stays BEFORE UPDATE OR DELETE ON datahub_economicfigure FOR EACH ROW EXECUTE FUNCTION datahub_figure_stays();
"""
BACK = "DROP TRIGGER datahub_figure_stays ON datahub_economicfigure; DROP FUNCTION datahub_figure_stays();"


class Migration(migrations.Migration):
    dependencies = [("datahub", "0080_economy")]
    operations = [migrations.RunSQL(SQL, BACK)]
