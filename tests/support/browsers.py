"""Which browser the tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / ".cache" / "browser" / "usr" / "lib" / "chromium" / "chromium-headless-shell"


def executable() -> str | None:
    """Return the path of YIWANG_CHROMIUM, else of Chromium's headless build (`./dev test` fetches it), else of the whole Chromium.

    The headless build renders with the same engine but draws no window around a page: contexts and pages take a third of the time.
    """
    return (
        os.environ.get("YIWANG_CHROMIUM") or shutil.which("chromium-headless-shell") or (str(BESIDE) if BESIDE.is_file() else None)
        or shutil.which("chromium") or shutil.which("chromium-browser")
    )  # fmt: skip
