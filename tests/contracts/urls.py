"""Every address that the platform serves, what its door asks, and how to call it in a test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, get_urlconf

from yiwang.kernel.identity.doors import ApiDoor, Door

ZERO = "00000000-0000-0000-0000-000000000000"
PLAIN_VALUES = {"uuid": ZERO, "uuidstr": ZERO, "int": "0", "slug": "x", "str": "x", "path": "x", "": "x"}
NAMED_VALUES = {"format": "json", "ext": "json"}
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")

# Served without a door of ours, and why that is right.
OPEN_BY_NATURE = {
    "openapi-json": "the description of the public API",
    "openapi-view": "the description of the public API, to read",
    "api-root": "django-ninja's own anchor for reverse(); answers 404",
}


@dataclass(frozen=True)
class Address:
    """One pattern with one method. `door` is None where a view has none, which is a fault unless open by nature."""

    route: str
    name: str
    method: str
    door: Door | None
    is_api: bool = False

    @property
    def asks(self) -> str:
        if self.door is None:
            return "open"
        if self.door.public:
            return "public"
        return "signed-in" if self.door.signed_in else " ".join(self.door.permissions)

    def path(self, values: dict[str, Any]) -> str:
        """Return the address with its parameters filled: from `values`, else with something that does not exist."""
        return "/" + PARAMETER.sub(
            lambda m: str(values.get(m["name"], PLAIN_VALUES.get(m["kind"] or "", "x"))), self.route
        )


def addresses() -> list[Address]:
    """Return every address of the platform, sorted; pages count with GET and POST, API operations with their methods."""
    return list(_addresses(get_urlconf()))


@cache
def _addresses(urlconf: str | None) -> tuple[Address, ...]:
    found = list(_walk(get_resolver(urlconf).url_patterns, "", ""))
    return tuple(sorted(set(found), key=lambda a: (a.route, a.method)))


def _walk(patterns: Any, prefix: str, space: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + _route(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield from _operations(pattern, route, f"{space}{pattern.name or ''}")


def _route(pattern: Any) -> str:
    route = getattr(pattern.pattern, "_route", None)
    if route is None:  # a regular expression, as static files in development use
        return pattern.pattern.regex.pattern.lstrip("^").rstrip("$\\Z")
    return route


def _operations(pattern: URLPattern, route: str, name: str) -> Iterator[Address]:
    view = pattern.callback
    operations = getattr(getattr(view, "__self__", None), "operations", None)
    if operations is None:
        for method in getattr(view, "methods", None) or ("GET", "POST"):
            yield Address(route, name, method, getattr(view, "door", None), route.startswith("api/"))
        return
    for operation in operations:
        doors = [c.door for c in operation.auth_callbacks or [] if isinstance(c, ApiDoor)]
        door = doors[0] if len(doors) == 1 else getattr(operation.view_func, "door", None)
        for method in sorted(operation.methods):
            yield Address(route, name, method, door, is_api=True)
