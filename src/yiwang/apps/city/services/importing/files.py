"""The file and the profile on disk: found, checked against each other, counted; nothing is written here."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from yiwang.apps.city.errors import BadImportFile
from yiwang.apps.city.rules import importing as rules

_PROFILES = files("yiwang.apps.city").joinpath("data/profiles")


def profile_codes() -> list[str]:
    """Return the codes of the profiles that ship."""
    return sorted(p.name.removesuffix(".toml") for p in _PROFILES.iterdir() if p.name.endswith(".toml"))


def read_shipped_profile(name: str) -> rules.Profile:
    """Return a profile by its shipped code, or by the path of a `.toml` file.

    Raises
    ------
    BadImportFile
        There is no such profile, or it does not hold; says which key, and the mend.
    """
    try:
        if name.endswith(".toml"):
            return rules.read_profile(Path(name).read_text(encoding="utf-8"))
        if name not in profile_codes():
            known = ", ".join(profile_codes())
            raise BadImportFile(why=f"there is no profile {name!r}; known are {known}, or give the path of a .toml file")
        return rules.read_profile(_PROFILES.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    except (rules.ProfileError, UnicodeDecodeError) as error:
        raise BadImportFile(why=f"profile {name}: {error}") from error
    except OSError as error:
        raise BadImportFile(why=f"profile {name}: {error.strerror}") from error


@dataclass
class SourceFile:
    """A file whose heading fits the profile. `defaults` are the points that are no place but the file's default."""

    path: Path
    profile: rules.Profile
    sha256: str
    rows: int
    defaults: set[tuple[float, float]] = field(default_factory=set)

    def records(self) -> Iterator[tuple[int, dict[str | None, Any]]]:
        """Yield (line number, cells by heading)."""
        with _reading(self.path, self.profile) as reader:
            for record in reader:
                yield reader.line_num, record

    def is_default(self, point: tuple[float, float] | None) -> bool:
        return point is not None and point in self.defaults


@contextmanager
def _reading(path: Path, profile: rules.Profile) -> Iterator[Any]:
    try:
        with path.open(encoding=profile.encoding, newline="") as stream:
            yield csv.DictReader(stream, delimiter=profile.delimiter, strict=True)
    except UnicodeDecodeError as error:
        raise BadImportFile(
            why=f"{path.name} is not {profile.encoding} (byte {error.start}); name its encoding in [file] of the profile"
        ) from error
    except csv.Error as error:
        raise BadImportFile(why=f"{path.name}: {error}; check delimiter and quotes in [file] of the profile") from error
    except OSError as error:
        raise BadImportFile(why=f"{path}: {error.strerror}") from error
    except LookupError as error:
        raise BadImportFile(why=f"profile {profile.code}: {error}") from error


def open_source(path: Path, profile: rules.Profile) -> SourceFile:
    """Read the file once: heading, number of requests, shared points.

    Raises
    ------
    BadImportFile
        It cannot be read, is empty, or lacks columns that the profile names (all of them are listed).
    """
    shared: Counter[tuple[str, str]] = Counter()
    rows = 0
    with _reading(path, profile) as reader:
        heading = [name for name in reader.fieldnames or [] if name is not None]
        if not heading:
            raise BadImportFile(why=f"{path.name} is empty")
        if missing := sorted(profile.needed_columns() - set(heading)):
            raise BadImportFile(
                why=f"{path.name} has no column {', '.join(missing)}; its columns are {', '.join(heading)}. "
                f"Correct [columns] of the profile {profile.code}"
            )
        lon, lat = profile.columns.get("lon", ""), profile.columns.get("lat", "")
        for record in reader:
            rows += 1
            if lon and lat:
                shared[(record[lon] or "", record[lat] or "")] += 1
    return SourceFile(path, profile, _digest(path), rows, _defaults(profile, shared))


def _defaults(profile: rules.Profile, shared: Counter[tuple[str, str]]) -> set[tuple[float, float]]:
    found = set(profile.default_points)
    if profile.default_when_shared_by:
        for (lon, lat), count in shared.items():
            if count >= profile.default_when_shared_by and lon.strip() and lat.strip():
                try:
                    found.add((float(lon), float(lat)))
                except ValueError:  # the line itself is refused later, with its number
                    continue
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
