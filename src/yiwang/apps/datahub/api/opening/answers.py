"""Refusals of the action API, and reading its arguments."""

from __future__ import annotations

import json
from typing import Any


class CkanError(Exception):
    """A refusal as CKAN says it. Without a type the message is the whole body."""

    def __init__(self, status: int, type_: str, message: str | dict[str, Any]) -> None:
        super().__init__(str(message))
        self.status, self.type, self.message = status, type_, message


def not_found(what: str = "") -> CkanError:
    return CkanError(404, "Not Found Error", f"Not found{f': {what[:80]}' if what else ''}")


def invalid(field: str, message: str) -> CkanError:
    return CkanError(409, "Validation Error", {field: [message]})


def bad_query(message: str) -> CkanError:
    return CkanError(400, "Search Query Error", f"Search Query is invalid: {message}")


def text(data: dict[str, Any], name: str, default: str = "") -> str:
    """Return a text argument; lone surrogates and zero bytes are in no name of ours."""
    value = data.get(name)
    if value is None:
        return default
    if isinstance(value, dict | list):
        raise invalid(name, "Must be a string")
    given = str(value)
    if "\0" in given or any("\ud800" <= ch <= "\udfff" for ch in given):
        raise invalid(name, "Has characters that cannot be read")
    return given


def needed(data: dict[str, Any], name: str) -> str:
    if not (found := text(data, name)):
        raise invalid(name, "Missing value")
    return found


def number(data: dict[str, Any], name: str, default: int, most: int, least: int = 0) -> int:
    value = data.get(name)
    if value is None or value == "":
        return default
    try:
        found = int(str(value)[:20])
    except ValueError as error:
        raise invalid(name, "Invalid integer") from error
    if found < least:
        raise invalid(name, "Must be a natural number")
    return min(found, most)


def flag(data: dict[str, Any], name: str, default: bool = False) -> bool:
    value = data.get(name)
    return default if value is None else str(value).lower() in ("true", "1", "yes", "t", "on")


def listed(data: dict[str, Any], name: str) -> list[str]:
    """Return a list: as JSON has it, as JSON in a text, or as words between commas."""
    value = data.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as error:
                raise invalid(name, "Not a JSON list") from error
        else:
            value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        raise invalid(name, "Not a list")
    return [text({name: v}, name) for v in value if not isinstance(v, dict | list)][:200]


def mapping(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise invalid(name, "Cannot parse JSON") from error
    if not isinstance(value, dict):
        raise invalid(name, "Must be a dictionary")
    return value
