"""`./dev audit --advisories PATH`: is any locked package known to be vulnerable? Works without a network.

PATH is a folder or a zip of advisories in the OSV format, as osv.dev exports them for each ecosystem (`all.zip` of PyPI and
of npm); YIWANG_ADVISORIES names it as well. What was looked at and found harmless here stands in requirements/accepted.toml
with a reason and a day after which it is asked again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from tools.database import REPO_DIR
from tools.say import Stop, run_main

LOCKS = REPO_DIR / "requirements"
FRONT_END = REPO_DIR / "src" / "islands" / "package-lock.json"
ACCEPTED = LOCKS / "accepted.toml"
OLD_DAYS = 31


@dataclass(frozen=True)
class Package:
    ecosystem: str  # as OSV writes it: PyPI, npm
    name: str
    version: str
    where: str


@dataclass(frozen=True)
class Finding:
    package: Package
    advisory: str
    summary: str
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        mend = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no fixed version is known"
        return f"{self.package.where}: {self.package.name} {self.package.version}: {self.advisory}: {self.summary} ({mend})"


def packages(locks: Path = LOCKS, front_end: Path = FRONT_END) -> list[Package]:
    """Return everything that is locked, Python and front end."""
    found = []
    for lock in sorted(locks.glob("*.txt")):
        for name, version in re.findall(r"^([A-Za-z0-9][\w.-]*)==([\w.!+-]+)", lock.read_text(encoding="utf-8"), re.M):
            found.append(Package("PyPI", plain(name), version, lock.name))
    if front_end.is_file():
        for path, entry in json.loads(front_end.read_text(encoding="utf-8")).get("packages", {}).items():
            if path and entry.get("version"):
                found.append(Package("npm", entry.get("name") or path.rpartition("node_modules/")[2], entry["version"], front_end.name))
    return list({(p.ecosystem, p.name, p.version): p for p in reversed(found)}.values())[::-1]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def advisories(path: Path) -> Iterator[dict[str, Any]]:
    """Read a folder (with whatever lies below it) or a zip of OSV files."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix == ".json":
                yield json.loads(file.read_text(encoding="utf-8"))
            elif file.suffix == ".zip":
                yield from advisories(file)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield json.loads(archive.read(name))
    else:
        raise Stop(f"{path} is neither a folder nor a zip of advisories.", "Fetch the exports of osv.dev for PyPI and npm and name their folder.")


def key(ecosystem: str, version: str) -> Any:
    """Return what versions are compared by: PEP 440, or SemVer for npm."""
    if ecosystem == "PyPI":
        return Version(version)
    core, _, before = version.partition("+")[0].partition("-")
    numbers = tuple(int(n) for n in core.split(".")[:3])
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in before.split(".")) if before else ()
    return (*numbers, *([0] * (3 - len(numbers)))), not before, parts


def is_affected(package: Package, affected: dict[str, Any]) -> bool:
    """Say whether an advisory's entry holds for the version: named in its list, or inside one of its ranges."""
    if package.version in affected.get("versions", ()):
        return True
    try:
        mine = key(package.ecosystem, package.version)
    except (InvalidVersion, ValueError):
        return False
    for found in affected.get("ranges", ()):
        if found.get("type") not in ("ECOSYSTEM", "SEMVER"):
            continue
        inside = False
        for event in found.get("events", ()):
            try:
                if "introduced" in event:
                    inside = inside or event["introduced"] == "0" or mine >= key(package.ecosystem, event["introduced"])
                elif "fixed" in event:
                    inside = inside and mine < key(package.ecosystem, event["fixed"])
                elif "last_affected" in event:
                    inside = inside and mine <= key(package.ecosystem, event["last_affected"])
            except (InvalidVersion, ValueError):
                continue
        if inside:
            return True
    return False


def audit(locked: list[Package], path: Path) -> tuple[list[Finding], int, datetime | None]:
    """Hold what is locked against the advisories: what is found, how many were read, when the newest was changed."""
    by_name: dict[tuple[str, str], list[Package]] = {}
    for package in locked:
        by_name.setdefault((package.ecosystem, package.name), []).append(package)
    found, read, newest = [], 0, None
    for advisory in advisories(path):
        read += 1
        if changed := advisory.get("modified"):
            at = datetime.fromisoformat(changed.replace("Z", "+00:00"))
            newest = max(newest or at, at)
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", ()):
            about = affected.get("package", {})
            ecosystem = str(about.get("ecosystem", "")).split(":")[0]
            name = plain(about.get("name", "")) if ecosystem == "PyPI" else about.get("name", "")
            for package in by_name.get((ecosystem, name), ()):
                if is_affected(package, affected):
                    fixed = tuple(dict.fromkeys(e["fixed"] for r in affected.get("ranges", ()) for e in r.get("events", ()) if "fixed" in e))
                    summary = advisory.get("summary") or (advisory.get("details") or "").strip().split("\n")[0]
                    found.append(Finding(package, advisory["id"], summary[:120], fixed))
    return list(dict.fromkeys(found)), read, newest


def accepted(path: Path = ACCEPTED, today: date | None = None) -> dict[str, str]:
    """Return the advisories that were judged harmless here and are not due again.

    Raises
    ------
    Stop
        An entry lacks its reason or its day.
    """
    if not path.is_file():
        return {}
    found = {}
    for number, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if not entry.get("reason") or not isinstance(entry.get("until"), date):
            raise Stop(f"{path.name}: {number} needs a reason and a day `until`.", "Write both, or remove the entry.")
        if entry["until"] >= (today or datetime.now(UTC).date()):
            found[number] = entry["reason"]
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev audit")
    parser.add_argument("--advisories", default=os.environ.get("YIWANG_ADVISORIES", ""))
    options = parser.parse_args(arguments)
    if not options.advisories:
        raise Stop("No advisories are named, so nothing was looked at.",
                   "./dev audit --advisories FOLDER, where the exports of osv.dev for PyPI and npm lie (see docs/security.md).")  # fmt: skip
    locked, known = packages(), accepted()
    found, read, newest = audit(locked, Path(options.advisories))
    left = [f for f in found if f.advisory not in known]
    for finding in left:
        print(finding)
    print(f"{len(locked)} locked packages held against {read} advisories: {len(left)} found, {len(found) - len(left)} accepted")
    if not read:
        raise Stop(f"{options.advisories} holds no advisory.", "Fetch the exports of osv.dev for PyPI and npm and name their folder.")
    if newest and (age := (datetime.now(UTC) - newest).days) > OLD_DAYS:
        print(f"The newest of these advisories is {age} days old: fetch them again.")
    return 1 if left else 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
