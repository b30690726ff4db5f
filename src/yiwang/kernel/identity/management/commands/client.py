"""`yiwang client create|close|open`: let another system in by key, shut it out, let it in again."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from yiwang.kernel.areas.queries import by_code
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.models import ApiClient, Role


class Command(BaseCommand):
    help = "Give another system a key (shown once), or close and open its access."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a client; prints its key, which is kept only as a hash")
        create.add_argument("code")
        create.add_argument("--name", required=True)
        create.add_argument("--role", required=True, help="code of the role that says what it may do (open311_client)")
        create.add_argument("--area", help="code of the area below which it may; everywhere when left out")
        for verb in ("close", "open"):
            verbs.add_parser(verb).add_argument("code")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = actors.system(f"client command ({getpass.getuser()})")
        try:
            with transaction.atomic():
                getattr(self, options["verb"])(actor, options)
        except ProblemError as problem:
            raise CommandError(str(problem)) from problem

    def create(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        role = queries.one(Role.objects.all(), code=options["role"])
        area = by_code(options["area"]) if options["area"] else None
        client, key = services.create_client(actor, code=options["code"], name=options["name"], role=role, area=area)
        self.stdout.write(f"Client {client.code} created. Its key, shown only now: {key}")

    def close(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        self._set(actor, options["code"], False)

    def open(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        self._set(actor, options["code"], True)

    def _set(self, actor: actors.Actor, code: str, active: bool) -> None:
        services.set_client_active(actor, queries.one(ApiClient.objects.all(), code=code), active)
        self.stdout.write(f"Client {code} {'opened' if active else 'closed'}.")
