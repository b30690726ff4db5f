"""Names of files that strangers choose.

Examples
--------
>>> is_relative("civil/relief"), is_relative("../etc"), is_relative("/etc"), is_relative("a/../../b")
(True, False, False, False)
>>> is_wanted("relief.csv", "*.csv"), is_wanted("../relief.csv", "*"), is_wanted("relief.csv.done", "*"), is_wanted(".relief.csv", "*")
(True, False, False, False)
>>> safe("低保 名单(3).csv"), safe("..")
('低保_名单_3_.csv', 'file')
>>> free("a.csv", {"a.csv", "a-2.csv"}.__contains__)
'a-3.csv'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

OUTSIDE = "outside"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".swp", ".done")


def is_relative(path: str) -> bool:
    """Say whether it names a place below a folder: no root, no step up, no backslash, no control character."""
    if not path or path.startswith(("/", "~")) or "\\" in path or not path.isprintable():
        return False
    return ".." not in PurePosixPath(path).parts


def is_wanted(name: str, pattern: str) -> bool:
    """Say whether a file of this name is one to take: a plain name, not hidden, not on its way, fitting the pattern."""
    if not name.isprintable() or "/" in name or "\\" in name or name.startswith(".") or name.lower().endswith(UNFINISHED):
        return False
    return fnmatchcase(name, pattern)


def safe(name: str) -> str:
    """Return a name that is harmless in every file system, its ending kept."""
    kept = re.sub(r"[^\w.-]+", "_", name).strip(".")
    return kept[-120:] or "file"


def free(name: str, is_there: Callable[[str], bool]) -> str:
    """Return the name, or the first with a number behind it that is not there yet."""
    if not is_there(name):
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number = 2
    while is_there(found := f"{stem}-{number}{dot}{ending}"):
        number += 1
    return found
