"""What the audit administrator asks for, as the address carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateparse import parse_date

from yiwang.kernel.base.clock import now

MOST_TEXT = 100
DAYS = 30  # shown when no day is asked for: a search without an end would read the whole record


def _day(value: str) -> date | None:
    try:
        found = parse_date(value)
    except ValueError:
        return None
    return found if found is not None and 1900 < found.year < 9000 else None


@dataclass(frozen=True, kw_only=True)
class RecordFilter:
    """All text; empty means everything, what cannot be read is dropped."""

    who: str = ""  # user name, part of a name, or code of another system
    action: str = ""  # an action, or a beginning that ends with a point: "identity."
    subject: str = ""  # case number, user name, code of a body, role or system, number of an export, or a uid
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "RecordFilter":
        found = {f.name: str(query.get(f.name, "")).replace("\0", "").strip()[:MOST_TEXT] for f in fields(cls)}
        for name in ("since", "until"):
            found[name] = found[name] if _day(found[name]) else ""
        return cls(**found)

    def as_query(self) -> dict[str, str]:
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

    def span(self) -> tuple[datetime, datetime]:
        """Return the moments between which whole local days lie; the last month when no first day is given."""
        zone = ZoneInfo(settings.TIME_ZONE)
        last = _day(self.until) or now().astimezone(zone).date()
        first = _day(self.since) or last - timedelta(days=DAYS)
        return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
