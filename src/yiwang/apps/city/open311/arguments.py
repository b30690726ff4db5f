"""Reading what a client sent: form, multipart or JSON; dates, lists, boxes. Empty means not given, as the specification says."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from yiwang.apps.city.open311.formats import Refusal
from yiwang.apps.city.queries import open311 as queries
from yiwang.kernel.base.clock import now

SPAN = timedelta(days=90)
MOST, PAGE_MOST, PAGE_DEFAULT, DEEPEST = 1000, 500, 50, 10_000
MOST_RADIUS_M = 20_000
_ATTRIBUTE = re.compile(r"^attribute\[([^\[\]]{1,60})\](\[\])?$")
_PLUS_LOST = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")  # "+08:00" that nobody escaped
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Arguments = Mapping[str, str]


def is_broken(text: str) -> bool:
    """Say whether a text has characters that neither the database nor XML can hold."""
    return bool(_CONTROL.search(text))


def check_jurisdiction(given: str) -> None:
    if given and given not in queries.jurisdictions():
        raise Refusal(404, _("jurisdiction_id %(id)s was not found.") % {"id": given[:80]})


def moment(name: str, text: str) -> datetime | None:
    """Read a W3C date or date-time; one with a time needs its zone."""
    if not text:
        return None
    text = _PLUS_LOST.sub(r"\1+\2", text.strip())
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), ZoneInfo(settings.TIME_ZONE))
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("no zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal(400, _("%(name)s must be a date like 2010-01-01T00:00:00Z.") % {"name": name}) from error


def span(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """Return the range to search: at most 90 days, by default the most recent ones."""
    if start is not None and end is not None:
        if end < start:
            raise Refusal(400, _("start_date lies after end_date."))
        if end - start > SPAN:
            raise Refusal(400, _("start_date and end_date may not span more than 90 days."))
        return start, end
    try:
        if start is not None:
            return start, start + SPAN
        if end is not None:
            return end - SPAN, end
    except OverflowError as error:
        raise Refusal(400, _("%(name)s must be a date like 2010-01-01T00:00:00Z.") % {"name": "start_date"}) from error
    return now() - SPAN, now() + timedelta(minutes=5)


def words(text: str) -> list[str]:
    return [w.strip() for w in text.split(",") if w.strip()]


def ids(text: str) -> list[UUID] | None:
    """Return the numbers asked for; what is none of ours is simply not found."""
    if not text:
        return None
    found = []
    for word in words(text)[:MOST]:
        try:
            found.append(UUID(word))
        except ValueError:
            continue
    return found


def classes(text: str) -> list[tuple[str, str]] | None:
    if not text:
        return None
    found = []
    for word in words(text):
        city_class = queries.class_of(word)
        if city_class is None:
            raise Refusal(404, _("service_code %(code)s was not found.") % {"code": word[:40]})
        found.append((city_class.kind, city_class.code))
    return found


def is_open(text: str) -> bool | None:
    asked = {w.lower() for w in words(text)}
    if unknown := asked - {"open", "closed"}:
        raise Refusal(400, _("status %(status)s is not known; it is open or closed.") % {"status": sorted(unknown)[0][:20]})
    return None if len(asked) != 1 else asked == {"open"}


def number(name: str, text: str, low: float, high: float) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not low <= found <= high:
        raise Refusal(400, _("%(name)s must be a number from %(low)s to %(high)s.") % {"name": name, "low": low, "high": high})
    return found


def place(arguments: Arguments) -> tuple[float | None, float | None]:
    """Return lon and lat; both or none."""
    lat, lon = arguments.get("lat", ""), arguments.get("long", "") or arguments.get("lon", "")
    if not lat and not lon:
        return None, None
    if not lat or not lon:
        raise Refusal(400, _("lat and long belong together."))
    return number("long", lon, -180, 180), number("lat", lat, -90, 90)


def bbox(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    parts = words(text)
    if len(parts) != 4:
        raise Refusal(400, _("bbox is min_long,min_lat,max_long,max_lat."))
    west, east = number("bbox", parts[0], -180, 180), number("bbox", parts[2], -180, 180)
    south, north = number("bbox", parts[1], -90, 90), number("bbox", parts[3], -90, 90)
    if west > east or south > north:
        raise Refusal(400, _("bbox is min_long,min_lat,max_long,max_lat."))
    return west, south, east, north


def near(arguments: Arguments) -> tuple[float, float, float] | None:
    lon, lat = place(arguments)
    if lon is None or lat is None:
        return None
    return lon, lat, number("radius", arguments.get("radius") or "1000", 1, MOST_RADIUS_M)


def window(arguments: Arguments) -> tuple[int, int]:
    """Return (offset, limit): the first 1,000, or a page of at most 500."""
    page, size = arguments.get("page", ""), arguments.get("page_size", "") or arguments.get("per_page", "")
    if not page and not size:
        return 0, MOST
    limit = min(int(number("page_size", size, 1, 1e9)), PAGE_MOST) if size else PAGE_DEFAULT
    offset = (int(number("page", page or "1", 1, 1e9)) - 1) * limit
    if offset > DEEPEST:
        raise Refusal(400, _("Pages end at %(most)s requests; narrow the dates instead.") % {"most": DEEPEST})
    return offset, limit


def wanted(arguments: Arguments) -> queries.RequestFilter:
    """Read the filters of GET requests; service_request_id overrides all others."""
    if (asked := ids(arguments.get("service_request_id", ""))) is not None:
        return queries.RequestFilter(ids=asked)
    since, until = span(
        moment("start_date", arguments.get("start_date", "")), moment("end_date", arguments.get("end_date", ""))
    )
    return queries.RequestFilter(
        classes=classes(arguments.get("service_code", "")), since=since, until=until,
        is_open=is_open(arguments.get("status", "")), bbox=bbox(arguments.get("bbox", "")), near=near(arguments),
    )  # fmt: skip


def posted(request: HttpRequest) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the arguments and the attributes of a POST: form-encoded, multipart or JSON."""
    fields, attributes = _from_json(request.body) if request.content_type == "application/json" else _from_form(request)
    for value in (*fields.values(), *(v for values in attributes.values() for v in values)):
        if is_broken(value):
            raise Refusal(400, _("The text has characters that cannot be shown. Type it again."))
    return fields, attributes


def _from_form(request: HttpRequest) -> tuple[dict[str, str], dict[str, list[str]]]:
    # A key in the address would stand in the log of every proxy on the way.
    fields = {k: str(v) for k, v in request.GET.items() if k != "api_key"} | {k: str(v) for k, v in request.POST.items()}
    attributes: dict[str, list[str]] = {}
    for name in request.POST:
        if found := _ATTRIBUTE.match(name):
            attributes.setdefault(found.group(1), []).extend(v for v in request.POST.getlist(name) if v)
    return {k: v for k, v in fields.items() if not k.startswith("attribute[")}, attributes


def _from_json(body: bytes) -> tuple[dict[str, str], dict[str, list[str]]]:
    try:
        raw = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, _("The body is not valid JSON in UTF-8.")) from error
    if not isinstance(raw, dict):
        raise Refusal(400, _("The body is not valid JSON in UTF-8."))
    attributes: dict[str, list[str]] = {}
    given = raw.pop("attribute", None) or raw.pop("attributes", None) or {}
    if isinstance(given, list):
        given = {a.get("code"): a.get("value", a.get("key")) for a in given if isinstance(a, dict)}
    if isinstance(given, dict):
        for code, value in given.items():
            attributes[str(code)] = [str(v) for v in (value if isinstance(value, list) else [value]) if v not in (None, "")]
    for name in list(raw):
        if found := _ATTRIBUTE.match(name):
            value = raw.pop(name)
            attributes.setdefault(found.group(1), []).extend(str(v) for v in (value if isinstance(value, list) else [value]))
    return {k: _word(v) for k, v in raw.items()}, attributes


def _word(value: Any) -> str:
    return "" if value is None else str(value)
