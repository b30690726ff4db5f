"""`yiwang setup`: install what ships with the platform (roles, calendars, dictionaries, matters); safe to repeat."""

import importlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.errors import MatterInvalid
from yiwang.kernel.cases.services import load_matter
from yiwang.kernel.identity.services import sync_shipped_roles
from yiwang.kernel.worktime.services import install_shipped


class Command(BaseCommand):
    help = "Install or refresh what ships with the platform; nothing edited locally is replaced."

    def handle(self, *args: Any, **options: Any) -> None:
        calendars = install_shipped()
        self.stdout.write(f"calendars: {', '.join(calendars) or 'up to date'}")
        sync_shipped_roles(system("setup"))
        for manifest in registry.manifests().values():
            for name in manifest.setup:
                self.stdout.write(f"{name}: {registry.dotted(name)()}")
        for code, (manifest, decl) in registry.matter_decls().items():
            package = importlib.import_module(f"yiwang.apps.{manifest.code}")
            folder = Path(str(package.__file__)).parent / decl.folder
            try:
                version = load_matter(system("setup"), folder)
            except MatterInvalid as error:
                raise CommandError(f"{folder.name}: {error}") from error
            self.stdout.write(f"{code}: version {version.number}")
