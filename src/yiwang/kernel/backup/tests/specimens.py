"""Backups for the sweeps: names of a store's folder, for whoever looks after backups."""

from __future__ import annotations

from typing import Any

from tests.sweeps.specimens import Kind, Specimen, Write

NAME = "20260301T020000Z-00000a"


def kinds(made: Any) -> list[Kind]:
    rows = [Specimen("a backup", {"name": NAME}, lambda r: r.holds("backup.admin"))]
    keeper = next(k for k, r in made.readers.items() if r.holds("backup.admin"))
    return [Kind("backup", ("backups/<str:name>/",), rows, {"name": "no-such-backup"}, {
        "backup:verify": Write(lambda s: {}, keeper, "a backup", lambda r, _s: r.holds("backup.admin")),
    })]  # fmt: skip
