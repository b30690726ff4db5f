"""Do the city's own rows fit the cases? (`yiwang check-data`)"""

from collections.abc import Iterator

from django.db import connection

from yiwang.apps.city.models import CityCase, FieldMark
from yiwang.kernel.base.datachecks import Finding, Look
from yiwang.kernel.cases.models import Case


def typed(look: Look) -> Iterator[Finding]:
    """Every case of the city has its typed row, written in the same transaction; it says the same filing condition."""
    look.count(CityCase.objects.count())
    for uid in Case.all_modes.filter(app="city", city__isnull=True).values_list("uid", flat=True).iterator(chunk_size=1000):
        yield Finding(f"case {uid}", "has no row of city management")
    rows = CityCase.objects.filter(case__filing_row__isnull=False, case__is_sample=False).exclude(case__mode="imported")
    for uid, condition, filing in rows.values_list("case__uid", "condition__key", "case__filing_row__key").iterator(chunk_size=1000):
        if condition != filing:
            yield Finding(f"case {uid}", f"was filed under {filing}, its own row says {condition}")


_SHIFTS = """
SELECT 'sign-out ' || o.uid, 'belongs to no sign-in of the same person' FROM city_fieldmark o
WHERE o.kind = 'out' AND NOT EXISTS (SELECT FROM city_fieldmark i WHERE i.kind = 'in' AND i.uid = o.shift_uid AND i.account_id = o.account_id)
UNION ALL
SELECT 'sign-in ' || min(uid::text), 'has the number of another' FROM city_fieldmark WHERE kind = 'in' GROUP BY shift_uid, account_id HAVING count(*) > 1
UNION ALL
SELECT 'shift ' || p.shift_uid, 'has positions, and nobody signed in to it' FROM (SELECT DISTINCT shift_uid, account_id FROM city_position) p
WHERE NOT EXISTS (SELECT FROM city_fieldmark i WHERE i.kind = 'in' AND i.shift_uid = p.shift_uid AND i.account_id = p.account_id)"""


def shifts(look: Look) -> Iterator[Finding]:
    """Who signed out had signed in, once; every position belongs to a shift of the same person."""
    look.count(FieldMark.objects.count())
    with connection.cursor() as cursor:
        cursor.execute(_SHIFTS)
        yield from (Finding(subject, detail) for subject, detail in cursor.fetchall())
