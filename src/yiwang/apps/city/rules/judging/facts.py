"""What of a city case is counted when bodies and people are judged (评价): columns of its typed tables, as SQL for facts."""

from yiwang.kernel.indicators.contracts import FactColumns

FACTS = FactColumns(
    joins="LEFT JOIN city_citycase ct ON ct.case_id = c.id LEFT JOIN city_importedrequest im ON im.case_id = c.id",
    class_code="ct.kind || ' ' || ct.class_code",  # the number alone is shared: component 01001 and matter 01001
    class_major="ct.kind || ' ' || left(ct.class_code, 2)",
    beat_id="ct.responsibility_grid_id",
    recurs="(ct.recurrence_of_id IS NOT NULL)",
    is_counted="im.is_counted",
    as_of="im.as_of",
    lifted="CASE WHEN c.appeal_accepted THEN ARRAY['overdue']::text[] END",
    stage_lifted="CASE WHEN c.appeal_accepted THEN ARRAY['overdue']::text[] END",
    names="yiwang.apps.city.queries.classes.names_of",
)
