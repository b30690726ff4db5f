"""Named service steps: the only way in which a diagram makes something happen.

An app registers in its ``handlers.py`` (imported by its AppConfig): ``register("city.pick_inspector", pick)``. The function
gets a copy of the process variables and returns the variables to set; it runs inside the transaction of the action.
"""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[Mapping[str, Any]], dict[str, Any]]

_handlers: dict[str, Handler] = {}


def register(name: str, handler: Handler) -> None:
    """Make ``handler`` known as ``name`` ("app.verb_noun"). Registering the same name for another function is an error."""
    if _handlers.get(name, handler) is not handler:
        raise ValueError(f"the handler {name} is already registered")
    _handlers[name] = handler


def unregister(name: str) -> None:
    """Forget a name (tests)."""
    _handlers.pop(name, None)


def find(name: str) -> Handler | None:
    return _handlers.get(name)


def names() -> tuple[str, ...]:
    return tuple(sorted(_handlers))
