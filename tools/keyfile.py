"""The key file from the safe: the platform's keys and the backup's secret half, locked by a passphrase."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

from tools.place import Place, write_whole
from tools.say import Stop


def install(path: Path, where: Place) -> None:
    """Write the keys of a key file into a data folder's secrets; those that are there already must be the same.

    Raises
    ------
    Stop
        The passphrase is wrong, or the folder has other keys.
    """
    import pyrage  # only here: `./dev` begins before anything is installed

    try:
        blob = path.read_bytes()
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}.", "Name the key file from the safe: --keys FILE") from None
    passphrase = os.environ.get("YIWANG_KEYS_PASSPHRASE") or getpass.getpass("Passphrase of the key file: ")
    try:
        keys: dict[str, str] = json.loads(pyrage.passphrase.decrypt(blob, passphrase))
    except Exception:
        raise Stop(f"{path} does not open with this passphrase.", "Check the passphrase and the file.") from None
    for name, value in keys.items():
        target = where.secrets / f"yiwang_{name.lower()}"
        if target.is_file() and target.read_text(encoding="utf-8").strip() != value:
            raise Stop(f"{where.data} has other keys already.", "Begin in a new folder: --data DIR")
        write_whole(target, value + "\n")
