"""Do the city's own rows fit the cases? (`yiwang check-data`)"""

from collections.abc import Iterator

from yiwang.apps.city.models import CityCase
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
