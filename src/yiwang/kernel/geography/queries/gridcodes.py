"""Codes of new unit grids, and what the checks say in words."""

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.gridwork import GridChange
from yiwang.kernel.geography.rules import grids as rules
from yiwang.kernel.geography.rules.codes import CodeError, grid_code, next_grid_codes
from yiwang.kernel.geography.rules.grids import Finding


def codes_of(change: GridChange, community: Area, count: int) -> list[str]:
    """Return the codes of a change's pieces: the wished ones, or the next free ones of the community.

    Raises
    ------
    BadInput
        A code is not built by the rule, was used before, or there are none left.
    """
    used = set(Area.objects.filter(level=AreaLevel.GRID, code__startswith=community.code).values_list("code", flat=True))
    if change.kind == "file":
        return _codes_of_file(change, community, used)
    wished = [c.strip() for c in change.codes if c.strip()]
    try:
        if not wished and change.kind != "recode":
            return next_grid_codes(community.code, used, count)
        checked = [grid_code(c, community.code, settings.GRID_CODE_PATTERN) for c in wished]
    except CodeError as error:
        raise _bad_code(error, community) from error
    if len(checked) != count or len(set(checked)) != count:
        raise BadInput.one("codes", "count", _("Give %(count)s different codes, or none.") % {"count": count})
    if taken := sorted(set(checked) & used):
        raise BadInput.one("codes", "used", _("%(codes)s was used before. Codes are never given twice: old cases name them.") % {"codes": ", ".join(taken)})
    return checked


def _bad_code(error: CodeError, community: Area) -> BadInput:
    return BadInput.one("codes", error.reason, {
        "length": _("A grid code has fifteen characters: twelve of the community and three of its own (G01)."),
        "community": _("The code does not begin with that of its community, %(code)s (G03).") % {"code": community.code},
        "exhausted": _("This community has no free codes left."),
    }[error.reason])  # fmt: skip


def _codes_of_file(change: GridChange, community: Area, used: set[str]) -> list[str]:
    """Return the codes of a file's pieces in their order; those without one get the next free ones, west to east."""
    try:
        codes = [grid_code(p.code, community.code, settings.GRID_CODE_PATTERN) if p.code else "" for p in change.pieces]
        given = [c for c in codes if c]
        if taken := sorted(set(given) & used) or sorted(c for c in set(given) if given.count(c) > 1):
            raise BadInput.one("codes", "used", _("%(codes)s was used before. Codes are never given twice: old cases name them.") % {"codes": ", ".join(taken[:20])})
        free = iter(next_grid_codes(community.code, used | set(given), codes.count("")) if "" in codes else [])
    except CodeError as error:
        raise _bad_code(error, community) from error
    without = [n for n, code in enumerate(codes) if not code]
    for n in sorted(without, key=lambda n: rules.order_of(change.pieces[n].shape)):
        codes[n] = next(free)
    return codes


def sentence(found: Finding) -> str:
    """Return a finding in the reader's language."""
    words = {
        "invalid": _("The shape crosses itself or is not closed (%(detail)s)."),
        "overlap": _("It overlaps grid %(other)s of this change by %(m2)s m²."),
        "taken": _("It overlaps %(count)s grids that are there already, by %(m2)s m²."),
        "gap": _("%(m2)s m² of the old grids would belong to no grid."),
        "grown": _("The grids cover %(m2)s m² more than before."),
        "outside": _("%(m2)s m² lie outside of the community."),
        "size": _("It has %(m2)s m²; a grid has between %(least)s and %(most)s m² here."),
        "unusual": _("It has %(m2)s m², far from the usual 10,000 m²."),
        "seam": _("Between it and what it adjoins %(m2)s m² are left, too little for a grid of their own."),
        "uncovered": _("%(m2)s m² of the community belong to no grid."),
    }[found.reason] % found.facts
    return f"{_('Grid %(number)s:') % {'number': found.piece + 1}} {words}" if found.piece is not None else words
