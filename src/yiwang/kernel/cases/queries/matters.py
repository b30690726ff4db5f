"""Reads of matters and their versions."""

from functools import cache, lru_cache

from yiwang.kernel.base import registry
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.contracts import MatterHooks
from yiwang.kernel.cases.models import Case, ManualRow, Matter, MatterVersion
from yiwang.kernel.process.engine import Definition
from yiwang.kernel.process.queries import definition


@cache
def code_of(matter_id: int) -> str:
    return Matter.objects.values_list("code", flat=True).get(pk=matter_id)


def current_version(code: str) -> MatterVersion:
    """Return the version that new cases begin with."""
    version_id = Matter.objects.filter(code=code, is_active=True).values_list("current_id", flat=True).first()
    if version_id is None:
        raise NotFound(what=f"matter {code}")
    return _version(version_id)


@lru_cache(maxsize=64)
def _version(version_id: int) -> MatterVersion:
    """Return a version with what it pins; versions never change, so it is kept for the process's life."""
    return MatterVersion.objects.select_related("matter", "form", "manual").get(pk=version_id)


@lru_cache(maxsize=256)
def _definition(version_id: int) -> Definition:
    version = MatterVersion.objects.select_related("process", "decision").get(pk=version_id)
    return definition(version.process, version.decision)


def definition_of(version_id: int) -> Definition:
    """Return the parsed process of a matter version, kept for the process's life."""
    return _definition(version_id)


def hooks_of(matter_code: str) -> MatterHooks:
    """Return the object by which the app takes part."""
    entry = registry.matter_decls().get(matter_code)
    if entry is None or not entry[1].hooks:
        from yiwang.kernel.cases.hooks import PlainHooks

        return PlainHooks()
    hooks: MatterHooks = registry.dotted(entry[1].hooks)
    return hooks


def hooks_for(case: Case) -> MatterHooks:
    return hooks_of(code_of(case.matter_id))


def manual_rows(case: Case) -> list[ManualRow]:
    """Return the manual rows that the case's own version pins."""
    return list(ManualRow.objects.filter(version_id=case.matter_version.manual_id))


def forget() -> None:
    code_of.cache_clear()
    _definition.cache_clear()
    _version.cache_clear()
