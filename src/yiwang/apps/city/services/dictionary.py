"""Loading the dictionary of classes into its tables; safe to repeat, local extensions stay."""

from django.db import transaction

from yiwang.apps.city.models import CityClass, CityClassAlias
from yiwang.apps.city.rules.dictionary import shipped
from yiwang.kernel.geography.services.layers import set_domain


@transaction.atomic
def load_dictionary() -> tuple[int, int]:
    """Load the 153 component and 250 matter classes of GB/T 47678.5-2026 with the aliases of 2013 and 2007.

    Returns the number of classes and of aliases shipped.
    """
    dictionary = shipped()
    components = {c.code for (kind, _code), c in dictionary.classes.items() if kind == "component"}
    CityClass.objects.bulk_create(
        [
            CityClass(
                kind=c.kind, code=c.code, name=dict(c.name), major=c.major,
                major_name=dict(dictionary.major_name(c.kind, c.code)), standard_ref=c.standard_ref,
                geometry=getattr(c, "geometry", "") or "", is_extension=c.is_extension,
                is_derived=c.kind == "matter" and c.code in components, valid_from=c.valid_from, valid_to=c.valid_to,
            )
            for c in dictionary.classes.values()
        ],
        update_conflicts=True, unique_fields=["kind", "code"],
        update_fields=["name", "major", "major_name", "standard_ref", "geometry", "is_derived", "valid_from", "valid_to"],
    )
    ids = {(c.kind, c.code): c for c in CityClass.objects.all()}
    CityClassAlias.objects.bulk_create(
        [
            CityClassAlias(
                standard_ref=a.standard_ref, kind=a.kind, old_code=a.old_code, old_name=a.old_name,
                to=ids.get((a.to_kind, a.code)) if a.to_kind else None, confidence=a.confidence,
            )
            for a in dictionary.aliases.values()
        ],
        update_conflicts=True, unique_fields=["standard_ref", "kind", "old_code"],
        update_fields=["old_name", "to", "confidence"],
    )
    components_by_code = {c.code: c.name for (kind, _code), c in dictionary.classes.items() if kind == "component"}
    set_domain("assets", "class_code", dict(sorted(components_by_code.items())))
    return len(dictionary.classes), len(dictionary.aliases)
