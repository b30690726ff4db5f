"""No secret stands in the tree: keys, tokens and passwords come from the environment or from files of the data folder."""

from __future__ import annotations

import re
from pathlib import Path

from tools.checks import TEXT_SUFFIXES, relative, tracked_files

# Written in pieces, so that this file does not find itself.
KINDS = {
    "a private key": "-----BEGIN (?:[A-Z]+ )?" + "PRIVATE KEY-----",
    "an age key": "AGE-SECRET-KEY-" + "1[0-9A-Z]{20}",
    "a cloud key": r"\b(?:AKIA|ASIA|LTAI)" + "[0-9A-Za-z]{16,}",
    "a token": r"\b(?:gh[pousr]_|glpat-|xox[abprs]-|sk_live_|eyJhbGciOi)" + "[0-9A-Za-z_-]{16,}",
    "a password in an address": r"\b[a-z][a-z0-9+]{2,12}://[^\s/:@'\"{}$<>%]+:" + r"[^\s/@'\"{}$<>%*.]{6,}@[\w.-]+",
}
# A value beside a word for it; only where no test is, whose keys open nothing.
ASSIGNED = re.compile(
    r"""(?i)(?:secret|passwo?r?d|token|api_?key|private_?key)\w*["']?\s*[:=]\s*["']""" + r"""([A-Za-z0-9+/_=-]{16,})["']"""
)
HARMLESS = re.compile(r"development-only|example|change-?me|user:password|placeholder", re.IGNORECASE)
WORDS = re.compile(r"^[a-z]+(?:[-_.][a-z0-9]+)+$", re.IGNORECASE)  # names of things, not values
FILES = re.compile(r"(?:^|/)(?:\.env|id_rsa|id_ed25519|[^/]+\.(?:pem|key|p12|pfx|kdbx|jks))$")
PATTERNS = {what: re.compile(pattern) for what, pattern in KINDS.items()}


def check_secrets(files: list[Path] | None = None) -> list[str]:
    """Return lines `file:line: what it looks like`; never the value itself."""
    wrong = []
    for file in tracked_files() if files is None else files:
        name = relative(file)
        if FILES.search(name):
            wrong.append(f"{name}: a file of this kind holds keys")
        if file.suffix not in TEXT_SUFFIXES | {".html", ".conf", ".yml"} or file.name == "package-lock.json":
            continue
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, OSError):
            continue
        is_test = "tests" in file.parts or file.name == "conftest.py"
        for number, line in enumerate(lines, 1):
            for what, pattern in PATTERNS.items():
                if (found := pattern.search(line)) and not HARMLESS.search(found.group(0)) and not (is_test and what == "a password in an address"):
                    wrong.append(f"{name}:{number}: looks like {what}")
            if not is_test and (assigned := ASSIGNED.search(line)) and not HARMLESS.search(assigned.group(1)) and not WORDS.match(assigned.group(1)):
                wrong.append(f"{name}:{number}: a secret is written out")
    return wrong
