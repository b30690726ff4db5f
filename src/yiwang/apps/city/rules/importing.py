"""Reading another city's request file by a profile (导入配置): pure functions from a line to what is taken, or why not."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NEEDED = ("key", "opened", "type")
KNOWN = (*NEEDED, "due", "closed", "flag", "status", "resolution", "department", "group", "area", "lat", "lon", "channel",
         "text", "address")  # fmt: skip
MOST_KEY, MOST_NAME, MOST_TEXT = 80, 120, 4000
COUNTED = ("counted", "not_counted")

# What a line or a profile can be refused for, and what to do about it.
REASONS: Mapping[str, str] = {
    "columns": "the line has more or fewer cells than the heading; mend the quotes or delimiters in it",
    "no-key": "the column {column} with the request's number is empty; give it a number of its own",
    "long-key": "the request's number is longer than {most} characters",
    "key-twice": "the same number stands in line {line} with other content; give each request its own number",
    "no-type": "the column {column} with the type of request is empty",
    "long": "{column} is longer than {most} characters",
    "control": "{column} holds characters that cannot be shown; save the file as plain text",
    "no-opened": "the column {column} with the opening time is empty",
    "moment": "{column} says {value!r}, which fits none of the profile's time formats ({formats})",
    "future": "{column} says {value}, which lies after the profile's as-of date {as_of}",
    "number": "{column} says {value!r}, which is not a number of degrees",
    "range": "the place {value} is not on the earth: latitude lies within -90 and 90, longitude within -180 and 180",
}
NOTES: Mapping[str, str] = {
    "closed-before-opened": "closed {closed} before it was opened {opened}; kept as it stands",
    "due-before-opened": "due {due} before it was opened {opened}; kept, its limit is 0 minutes",
    "flag-unknown": "the on-time flag {value!r} is not one of the profile's; the request is not counted",
    "open-but-closed": "the status says open but a closing time is given; taken as closed",
}


class ProfileError(ValueError):
    """The profile itself does not hold; the message names the key and the mend."""


@dataclass(frozen=True)
class Finding:
    """Why a line was refused, or what is worth knowing of one that was kept."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return (REASONS.get(self.code) or NOTES[self.code]).format(**self.facts)


@dataclass(frozen=True, kw_only=True)
class Body:
    """An area or organisation that the import lays out."""

    code: str
    name: Mapping[str, str]
    kind: str  # level of an area, kind of an organisation
    below: str  # level or kind of what is found in the file


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one city's file is read. Points are (lon, lat) in WGS 84 degrees, moments wall time of `zone`."""

    code: str
    name: Mapping[str, str]
    source: str
    zone: ZoneInfo
    as_of: datetime
    region: str
    calendar: str
    columns: Mapping[str, str]
    keep: Mapping[str, str]
    area: Body
    organization: Body
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    formats: tuple[str, ...] = ("%Y-%m-%dT%H:%M:%S",)
    class_map: Mapping[str, str] = field(default_factory=dict)  # type -> "matter:06001"
    channels: Mapping[str, str] = field(default_factory=dict)
    channel: str = "import"  # of what the table does not name
    on_time: frozenset[str] = frozenset()
    overdue: frozenset[str] = frozenset()
    open_words: frozenset[str] = frozenset()
    no_due: str = "on_time"  # on_time | not_counted
    empty_flag: str = "not_counted"  # not_counted | counted
    default_points: frozenset[tuple[float, float]] = frozenset()
    default_when_shared_by: int = 0  # 0 = only the points listed
    duplicates: frozenset[str] = frozenset()
    duplicate_near_m: float = 100.0
    duplicate_days: int = 30

    def needed_columns(self) -> set[str]:
        return {*self.columns.values(), *self.keep.values()}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One line, read. `department` and `area` may be empty: then the root has it."""

    line: int
    key: str
    opened: datetime
    due: datetime | None
    closed: datetime | None
    type: str
    group: str
    department: str
    area: str
    channel: str
    text: str
    address: str
    lon: float | None
    lat: float | None
    flag: str  # on_time | overdue | ""
    is_counted: bool
    status: str
    resolution: str
    is_duplicate: bool
    kept: Mapping[str, str]
    notes: tuple[Finding, ...]

    @property
    def point(self) -> tuple[float, float] | None:
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)


def is_on_time(due: datetime | None, closed: datetime | None, as_of: datetime) -> bool:
    """Say whether a request was, or as of that moment still is, on time; without a due time it always is.

    >>> noon = datetime(2016, 1, 13, 12, tzinfo=UTC)
    >>> is_on_time(None, None, noon), is_on_time(noon, noon, noon), is_on_time(noon, None, noon.replace(hour=13))
    (True, True, False)
    """
    return due is None or (closed or as_of) <= due


def read_profile(text: str) -> Profile:
    """Return the profile of a TOML text.

    Raises
    ------
    ProfileError
        Names the key that is missing or wrong, and how to mend it.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"the profile is not valid TOML: {error}") from error
    columns, keep = _table(raw, "columns"), _table(raw, "keep")
    for name in NEEDED:
        if name not in columns:
            raise ProfileError(f"[columns] names no column for `{name}`; add {name} = \"<heading in the file>\"")
    if unknown := set(columns) - set(KNOWN):
        raise ProfileError(f"[columns] has the unknown key {sorted(unknown)[0]!r}; known are {', '.join(KNOWN)}")
    file, rules, dupes = _table(raw, "file"), _table(raw, "rules"), _table(raw, "duplicates")
    zone = _zone(_text(raw, "zone"))
    as_of = raw.get("as_of")
    if not isinstance(as_of, datetime):
        raise ProfileError("`as_of` is missing; write the moment of the export, like as_of = 2016-01-13T00:00:00")
    no_due, empty_flag = rules.get("no_due", "on_time"), rules.get("empty_flag", "not_counted")
    if no_due not in ("on_time", "not_counted"):
        raise ProfileError(f"[rules] no_due is {no_due!r}; write \"on_time\" or \"not_counted\"")
    if empty_flag not in COUNTED:
        raise ProfileError(f"[rules] empty_flag is {empty_flag!r}; write \"counted\" or \"not_counted\"")
    region = _text(raw, "region")
    if len(region) != 6 or not region.isdigit():
        raise ProfileError(f"`region` is {region!r}; write 6 digits that no county of yours has")
    classes, channels = _table(raw, "classes"), dict(_table(raw, "channels"))
    return Profile(
        code=_text(raw, "code"), name=_texts(raw, "name"), source=str(raw.get("source", "")), zone=zone,
        as_of=as_of if as_of.tzinfo else as_of.replace(tzinfo=zone), region=region,
        calendar=str(raw.get("calendar", "")), columns=columns, keep=keep,
        area=_body(raw, "area", "level"), organization=_body(raw, "organization", "kind"),
        encoding=str(file.get("encoding", "utf-8-sig")), delimiter=str(file.get("delimiter", ",")),
        formats=tuple(file.get("formats", ("%Y-%m-%dT%H:%M:%S",))), class_map=dict(classes.get("map", {})),
        channel=str(channels.pop("otherwise", "import")), channels=channels,
        on_time=frozenset(rules.get("on_time", ())), overdue=frozenset(rules.get("overdue", ())),
        open_words=frozenset(rules.get("open", ())), no_due=no_due, empty_flag=empty_flag,
        default_points=frozenset((float(x), float(y)) for x, y in rules.get("default_points", ())),
        default_when_shared_by=int(rules.get("default_when_shared_by", 0)),
        duplicates=frozenset(dupes.get("resolutions", ())), duplicate_near_m=float(dupes.get("near_m", 100)),
        duplicate_days=int(dupes.get("days", 30)),
    )  # fmt: skip


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = raw.get(name, {})
    if not isinstance(found, Mapping):
        raise ProfileError(f"[{name}] is not a table")
    return found


def _text(raw: Mapping[str, Any], name: str) -> str:
    found = raw.get(name)
    if not isinstance(found, str) or not found:
        raise ProfileError(f"`{name}` is missing; add {name} = \"...\"")
    return found


def _texts(raw: Mapping[str, Any], name: str) -> dict[str, str]:
    found = raw.get(name)
    if not isinstance(found, Mapping) or not found.get("zh-Hans") or not found.get("en"):
        raise ProfileError(f"`{name}` needs both languages: {{ \"zh-Hans\" = \"...\", en = \"...\" }}")
    return {str(k): str(v) for k, v in found.items()}


def _body(raw: Mapping[str, Any], name: str, kind: str) -> Body:
    table = _table(raw, name)
    for key in ("code", kind, f"below_{kind}"):
        if not table.get(key):
            raise ProfileError(f"[{name}] has no `{key}`")
    return Body(code=table["code"], name=_texts(table, "name"), kind=table[kind], below=table[f"below_{kind}"])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ProfileError(f"`zone` {name!r} is no time zone; write one like America/New_York") from error


class _Refused(Exception):
    def __init__(self, code: str, **facts: object) -> None:
        self.finding = Finding(code, facts)


def parse(profile: Profile, record: Mapping[str | None, Any], line: int) -> Request | Finding:
    """Return the request of one line, or why it is refused; `record` is what csv.DictReader gives."""
    try:
        return _parse(profile, record, line)
    except _Refused as refused:
        return refused.finding


def _parse(profile: Profile, record: Mapping[str | None, Any], line: int) -> Request:
    if None in record or any(value is None for value in record.values()):
        raise _Refused("columns")
    key = _cell(profile, record, "key", MOST_KEY)
    if not key:
        raise _Refused("no-key", column=profile.columns["key"])
    opened = _moment(profile, record, "opened")
    if opened is None:
        raise _Refused("no-opened", column=profile.columns["opened"])
    due, closed = _moment(profile, record, "due"), _moment(profile, record, "closed")
    if opened > profile.as_of:
        raise _Refused("future", column=profile.columns["opened"], value=opened.isoformat(), as_of=profile.as_of.isoformat())
    kind = _cell(profile, record, "type")
    if not kind:
        raise _Refused("no-type", column=profile.columns["type"])
    lon, lat = _point(profile, record)
    notes: list[Finding] = []
    if closed is not None and closed < opened:
        notes.append(Finding("closed-before-opened", {"closed": closed.isoformat(), "opened": opened.isoformat()}))
    if due is not None and due < opened:
        notes.append(Finding("due-before-opened", {"due": due.isoformat(), "opened": opened.isoformat()}))
    status, resolution = _cell(profile, record, "status"), _cell(profile, record, "resolution")
    if closed is not None and status in profile.open_words:
        notes.append(Finding("open-but-closed"))
    flag, is_counted = _flag(profile, record, due, notes)
    given = _cell(profile, record, "channel")
    return Request(
        line=line, key=key, opened=opened, due=due, closed=closed, type=kind, group=_cell(profile, record, "group"),
        department=_cell(profile, record, "department"), area=_cell(profile, record, "area"),
        channel=profile.channels.get(given, profile.channel), text=_cell(profile, record, "text", MOST_TEXT),
        address=_cell(profile, record, "address", 256), lon=lon, lat=lat, flag=flag, is_counted=is_counted,
        status=status, resolution=resolution, is_duplicate=resolution in profile.duplicates,
        kept={name: value for name, column in profile.keep.items() if (value := str(record[column]).strip())},
        notes=tuple(notes),
    )  # fmt: skip


def _cell(profile: Profile, record: Mapping[str | None, Any], name: str, most: int = MOST_NAME) -> str:
    column = profile.columns.get(name)
    if column is None:
        return ""
    value = str(record[column]).strip()
    if len(value) > most:
        raise _Refused("long-key", most=most) if name == "key" else _Refused("long", column=column, most=most)
    if any((ord(c) < 32 and c not in "\n\r\t") or ord(c) == 127 for c in value):
        raise _Refused("control", column=column)
    return value


def _moment(profile: Profile, record: Mapping[str | None, Any], name: str) -> datetime | None:
    """Return wall time of the profile's zone as UTC; an hour that DST repeats is taken the first time round."""
    text = _cell(profile, record, name)
    if not text:
        return None
    for pattern in profile.formats:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=profile.zone)).astimezone(UTC)
    raise _Refused("moment", column=profile.columns[name], value=text, formats=", ".join(profile.formats))


def _point(profile: Profile, record: Mapping[str | None, Any]) -> tuple[float | None, float | None]:
    texts = [_cell(profile, record, name) for name in ("lon", "lat")]
    if not all(texts):
        return None, None
    values = []
    for name, text in zip(("lon", "lat"), texts, strict=True):
        try:
            values.append(float(text))
        except ValueError:
            raise _Refused("number", column=profile.columns[name], value=text) from None
    lon, lat = values
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # also refuses "nan"
        raise _Refused("range", value=f"({lon}, {lat})")
    return lon, lat


def _flag(
    profile: Profile, record: Mapping[str | None, Any], due: datetime | None, notes: list[Finding]
) -> tuple[str, bool]:
    """Return the source's own judgement and whether the request counts towards on-time shares."""
    counts = due is not None or profile.no_due == "on_time"
    if "flag" not in profile.columns:
        return "", counts
    given = _cell(profile, record, "flag")
    if given in profile.on_time:
        return "on_time", counts
    if given in profile.overdue:
        return "overdue", counts
    if given:
        notes.append(Finding("flag-unknown", {"value": given}))
        return "", False
    return "", counts and profile.empty_flag == "counted"
