"""`./dev yiwang ARGS`: the platform's own command line against the running data folder."""

from __future__ import annotations

import os
import sys

from tools import place
from tools.say import Stop, run_main

FILE_TOOLS = {("datahub", "link")}  # read and write files alone: no platform need run, none need be there
AS_OWNER = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "flush"}


def main(arguments: list[str]) -> int:
    given, rest = place.split_data(arguments)
    if tuple(rest[:2]) in FILE_TOOLS:
        os.execve(sys.executable, [sys.executable, "-m", "yiwang", *rest], {**os.environ, "YIWANG_DEBUG": "1"})
    where = place.find(given)
    env = where.env()
    if not env:
        raise Stop(f"There is no platform in {where.data} yet.", "./dev up")
    if not env.get("DATABASE_URL") and not where.running():
        raise Stop(f"The platform in {where.data} does not run, so its database does not either.", "./dev up --detach")
    if rest and rest[0] in AS_OWNER:
        env["YIWANG_DB_ROLE"] = "owner"
    os.execve(sys.executable, [sys.executable, "-m", "yiwang", *rest], {**os.environ, **env})


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
