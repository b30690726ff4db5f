"""SQL functions over worktime_day that count as rules.deadlines does."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION worktime_sum(asked_calendar bigint, moment timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    found_day worktime_day;
    at numeric := extract(epoch FROM moment);
    seconds numeric;
    period jsonb;
BEGIN
    IF moment IS NULL OR asked_calendar IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO found_day FROM worktime_day
     WHERE calendar_id = asked_calendar AND starts_at <= moment ORDER BY starts_at DESC LIMIT 1;
    IF NOT FOUND OR moment > found_day.starts_at + interval '26 hours' THEN
        RAISE EXCEPTION 'worktime_day of calendar % does not reach %', asked_calendar, moment
            USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    seconds := found_day.cumulative_minutes * 60::numeric;
    FOR period IN SELECT jsonb_array_elements(found_day.periods) LOOP
        seconds := seconds + greatest(0, least(at, (period->>1)::numeric) - (period->>0)::numeric);
    END LOOP;
    RETURN seconds / 60;
END
$body$;
COMMENT ON FUNCTION worktime_sum(bigint, timestamptz) IS
    'Working minutes of a calendar from the start of its table up to the moment; differences are what counts.';

CREATE FUNCTION worktime_minutes(asked_calendar bigint, from_at timestamptz, to_at timestamptz) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE AS
$body$ SELECT worktime_sum(asked_calendar, to_at) - worktime_sum(asked_calendar, from_at) $body$;

CREATE FUNCTION worktime_add(asked_calendar bigint, from_at timestamptz, minutes numeric) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
DECLARE
    target numeric;
    found_day worktime_day;
    seconds numeric;
    due numeric;
    period jsonb;
BEGIN
    IF minutes IS NULL OR from_at IS NULL OR minutes <= 0 THEN
        RETURN from_at;
    END IF;
    target := worktime_sum(asked_calendar, from_at) + minutes;
    SELECT * INTO found_day FROM worktime_day
     WHERE calendar_id = asked_calendar AND cumulative_minutes < target
     ORDER BY cumulative_minutes DESC, day DESC LIMIT 1;
    IF NOT FOUND OR found_day.cumulative_minutes + found_day.minutes < target THEN
        RAISE EXCEPTION 'worktime_day of calendar % does not reach % minutes after %', asked_calendar, minutes, from_at
            USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    seconds := (target - found_day.cumulative_minutes) * 60;
    FOR period IN SELECT jsonb_array_elements(found_day.periods) LOOP
        IF seconds <= (period->>1)::numeric - (period->>0)::numeric THEN
            due := (period->>0)::numeric + seconds;
            EXIT;
        END IF;
        seconds := seconds - ((period->>1)::numeric - (period->>0)::numeric);
    END LOOP;
    due := round(due, 6);
    -- In two steps, because an interval is multiplied in floating point and loses microseconds in one.
    RETURN timestamptz 'epoch' + floor(due)::float8 * interval '1 second' + (due - floor(due))::float8 * interval '1 second';
END
$body$;
"""

BACKWARD = """
DROP FUNCTION worktime_add(bigint, timestamptz, numeric);
DROP FUNCTION worktime_minutes(bigint, timestamptz, timestamptz);
DROP FUNCTION worktime_sum(bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("yw_worktime", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
