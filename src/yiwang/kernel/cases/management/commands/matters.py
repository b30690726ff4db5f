"""`yiwang matters check|load FOLDER`: check or load one matter folder, with every fault named by file and line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.errors import MatterInvalid
from yiwang.kernel.cases.services import load_matter
from yiwang.kernel.cases.services.loading import read_folder


class Command(BaseCommand):
    help = "Check or load a matter folder (matter.toml form.json process.bpmn decisions.dmn manual.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["check", "load"])
        parser.add_argument("folder", type=Path)
        parser.add_argument("--replace-local-edit", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if options["verb"] == "check":
            findings = read_folder(folder).findings
            if findings:
                raise CommandError("\n".join(findings))
            self.stdout.write(f"{folder.name}: no fault found")
            return
        try:
            version = load_matter(system("matters"), folder, force=options["replace_local_edit"])
        except MatterInvalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version.matter.code}: version {version.number} is in use for new cases")
