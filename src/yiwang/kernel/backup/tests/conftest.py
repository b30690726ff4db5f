"""A made platform with cases and photos on a committed database, a store in a folder, a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.world import world

__all__ = ["key", "platform", "world"]


def seal_everything() -> None:
    """Seal all lines there are. Nobody else writes into this test's database, so every number drawn is committed;
    the tide would wait for the transactions of other databases on the server."""
    from yiwang.kernel.audit import queries, sealing

    for stream in sealing.STREAMS:
        while sealing.seal_next(stream, queries.last_position(stream)):
            pass
    sealing.copy_outside()


@pytest.fixture
def key(settings: Any, tmp_path: Path) -> Any:
    """The secret half, on this machine; settings point at an empty store."""
    identity = pyrage.x25519.Identity.generate()
    settings.BACKUP_IDENTITY, settings.BACKUP_RECIPIENTS = str(identity), []
    settings.BACKUP_STORE = str(tmp_path / "store")
    settings.DATA_DIR, settings.FILES_DIR = tmp_path / "data", tmp_path / "files"
    settings.BACKUP_S3_ENDPOINT = ""
    return identity


@pytest.fixture
def platform(committed: Any, key: Any) -> Any:
    """Three cases with photos, on record and sealed. Returns the world."""
    from tests import walk
    from tests.world import build

    made = build()
    walk.report(made, photo="one", at=(1, 1))
    walk.advance(made, walk.report(made, photo="two", at=(2, 2)), "pending_dispatch")
    walk.report(made, photo="three", at=(3, 3))
    seal_everything()
    return made
