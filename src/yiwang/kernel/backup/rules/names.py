"""Names of objects in a store."""

import re
from datetime import UTC, datetime

BACKUP_ID = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{6}$")


def backup_id(moment: datetime, token: str) -> str:
    """Return a name that sorts by time, such as `20261123T063000Z-1f0c2a`."""
    milliseconds = moment.microsecond // 1000  # in front of the chance part: two of one second sort by time too
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{milliseconds:03x}{token[:3]}"


def is_backup_id(text: str) -> bool:
    return bool(BACKUP_ID.match(text))


def moment_of(name: str) -> datetime:
    """Return the moment in a backup's name."""
    return datetime.strptime(name.split("-", 1)[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
