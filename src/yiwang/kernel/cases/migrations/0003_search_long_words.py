"""A word of more than 2,047 bytes (somebody pasted an address or a key) broke storing the report: only short ones are kept whole."""

from django.db import migrations

FUNCTION = r"""
CREATE OR REPLACE FUNCTION yw_bigrams(texts text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- Every pair of neighbouring characters of a run of letters, and each Latin/number word as it stands: two-character
  -- words are the rule in Chinese, so a pair is the unit that people search by. No dictionary, no wrong cut.
  SELECT coalesce(array_to_tsvector(array_agg(DISTINCT gram)), ''::tsvector) FROM (
    SELECT substr(word, i, 2) AS gram
      FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word,
           generate_series(1, greatest(length(word) - 1, 0)) AS i
    UNION
    SELECT word FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word
      WHERE word ~ '^[a-z0-9]+$' AND length(word) > 2 {limit}
    UNION
    SELECT substr(word, i, 1) FROM regexp_split_to_table(lower(coalesce(texts, '')), '[^[:alnum:]]+') AS word,
           generate_series(1, length(word)) AS i
  ) grams WHERE gram <> ''
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_cases", "0002_search")]
    operations = [migrations.RunSQL(FUNCTION.format(limit="AND length(word) <= 60"), FUNCTION.format(limit=""))]
