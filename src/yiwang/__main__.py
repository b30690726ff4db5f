"""`python -m yiwang ARGS...`: the platform's command line (Django's commands and ours)."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.site.settings")
    from django.core.management import execute_from_command_line

    name, *rest = sys.argv[1:] or [""]
    arguments = [name.replace("-", "_"), *rest] if name and not name.startswith("-") else [a for a in (name, *rest) if a]
    if name == "migrate":
        import gc

        gc.disable()  # hundreds of models are drawn again and again for each of the migrations: a sixth of the time went to looking for garbage
    execute_from_command_line(["yiwang", *arguments])  # `check-data` is the module `check_data`


if __name__ == "__main__":
    main()
