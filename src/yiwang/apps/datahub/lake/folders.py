"""Where the lake's files lie: `<data folder>/lake/<dataset>/...`."""

import re
from pathlib import Path

from django.conf import settings

_CODE = re.compile(r"[a-z][a-z0-9-]{0,79}")


def root() -> Path:
    """Return the lake's folder; made when it is not there."""
    folder = Path(settings.DATA_DIR) / "lake"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_of(dataset: str) -> Path:
    """Return the folder of a data set by its code; ValueError for what is no code."""
    if not _CODE.fullmatch(dataset):
        raise ValueError(f"no code of a data set: {dataset!r}")
    folder = root() / dataset
    folder.mkdir(parents=True, exist_ok=True)
    return folder
