"""What an app says of its cases to this room: their classes. The kernel names no app; an app registers itself."""

from collections.abc import Callable, Iterable

from django.utils.module_loading import import_string

from yiwang.kernel.cases.models import Case

ClassesOf = Callable[[Iterable[int]], dict[int, str]]
_classes: dict[str, str] = {}


def register_classes(app: str, dotted: str) -> None:
    """Let the function at `dotted` return {case id: class code} for cases of the app."""
    _classes[app] = dotted


def class_of(case: Case) -> str:
    """Return the class code of a case; empty when its app says none."""
    if case.app not in _classes:
        return ""
    find: ClassesOf = import_string(_classes[case.app])
    return find([case.pk]).get(case.pk, "")
