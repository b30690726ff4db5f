"""Search in Chinese: bigrams in a tsvector, kept by trigger over texts that hold nothing personal; and manual rows fixed."""

from django.db import migrations

FORWARDS = r"""
CREATE FUNCTION yw_bigrams(texts text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- Every pair of neighbouring characters of a run of letters, and each Latin/number word as it stands: two-character
  -- words are the rule in Chinese, so a pair is the unit that people search by. No dictionary, no wrong cut.
  SELECT coalesce(array_to_tsvector(array_agg(DISTINCT gram)), ''::tsvector) FROM (
    SELECT substr(word, i, 2) AS gram
      FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word,
           generate_series(1, greatest(length(word) - 1, 0)) AS i
    UNION
    SELECT word FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word
      WHERE word ~ '^[a-z0-9]+$' AND length(word) > 2
    UNION
    SELECT substr(word, i, 1) FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word,
           generate_series(1, length(word)) AS i
  ) grams WHERE gram <> ''
$$;
CREATE FUNCTION yw_cases_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := yw_bigrams(concat_ws(' ', NEW.number, NEW.title, NEW.description, NEW.address));
  RETURN NEW;
END $$;
CREATE TRIGGER yw_cases_search BEFORE INSERT OR UPDATE OF number, title, description, address ON yw_cases_case
  FOR EACH ROW EXECUTE FUNCTION yw_cases_search();
CREATE INDEX yw_cases_search ON yw_cases_case USING gin (search);
CREATE FUNCTION yw_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is published and never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER yw_fixed BEFORE UPDATE OR DELETE ON yw_cases_manualrow FOR EACH ROW EXECUTE FUNCTION yw_refuse_version_change();
CREATE TRIGGER yw_fixed BEFORE UPDATE OR DELETE ON yw_cases_matterversion FOR EACH ROW EXECUTE FUNCTION yw_refuse_version_change();
CREATE TRIGGER yw_fixed BEFORE UPDATE OR DELETE ON yw_process_processversion FOR EACH ROW EXECUTE FUNCTION yw_refuse_version_change();
CREATE TRIGGER yw_fixed BEFORE UPDATE OR DELETE ON yw_process_decisionversion FOR EACH ROW EXECUTE FUNCTION yw_refuse_version_change();
CREATE TRIGGER yw_fixed BEFORE UPDATE OR DELETE ON yw_forms_formversion FOR EACH ROW EXECUTE FUNCTION yw_refuse_version_change();
"""
BACKWARDS = """
DROP TRIGGER yw_fixed ON yw_forms_formversion; DROP TRIGGER yw_fixed ON yw_process_decisionversion;
DROP TRIGGER yw_fixed ON yw_process_processversion; DROP TRIGGER yw_fixed ON yw_cases_matterversion;
DROP TRIGGER yw_fixed ON yw_cases_manualrow; DROP FUNCTION yw_refuse_version_change;
DROP INDEX yw_cases_search; DROP TRIGGER yw_cases_search ON yw_cases_case; DROP FUNCTION yw_cases_search;
DROP FUNCTION yw_bigrams;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_cases", "0001_initial"), ("yw_process", "0001_initial"), ("yw_forms", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
