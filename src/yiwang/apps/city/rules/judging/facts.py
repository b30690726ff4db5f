"""What of a city case is counted when bodies and people are judged (评价): columns of its typed tables, as SQL for facts."""

from yiwang.kernel.indicators.contracts import FactColumns

_LIFTED = "LEFT JOIN (SELECT case_id, org_id, array_agg(contests::text) AS counts FROM city_cityappeal WHERE accepted GROUP BY case_id, org_id)"

FACTS = FactColumns(
    joins="LEFT JOIN city_citycase ct ON ct.case_id = c.id LEFT JOIN city_importedrequest im ON im.case_id = c.id "
          f"{_LIFTED} lead_ap ON lead_ap.case_id = c.id AND lead_ap.org_id = c.org_id",
    class_code="ct.kind || ' ' || ct.class_code",  # the number alone is shared: component 01001 and matter 01001
    class_major="ct.kind || ' ' || left(ct.class_code, 2)",
    beat_id="ct.responsibility_grid_id",
    recurs="(ct.recurrence_of_id IS NOT NULL)",
    is_counted="im.is_counted",
    as_of="im.as_of",
    lifted="lead_ap.counts",  # of the case: what was lifted for the body that leads
    stage_joins=f"{_LIFTED} own_ap ON own_ap.case_id = c.id AND own_ap.org_id = t.org_id",
    stage_lifted="own_ap.counts",  # of a stage: for the body whose stage it was, and for no other
    names="yiwang.apps.city.queries.classes.names_of",
)  # fmt: skip
