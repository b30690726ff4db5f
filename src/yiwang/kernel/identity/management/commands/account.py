"""`yiwang account create|password|administrators`: the first people, or a forgotten password, from the server itself."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.queries import by_code
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.models import Account, Organization, Post, Role


class Command(BaseCommand):
    help = "Create an account (with a post), give it a new password, or let it in again when no administrator can."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make an account; prints its password unless one is given")
        create.add_argument("username")
        create.add_argument("--name", required=True)
        create.add_argument("--post", help="code of a post that exists")
        create.add_argument("--role", help="code of a role: a post with it is made in --org")
        create.add_argument("--org", help="code of the organisation for --role")
        create.add_argument("--area", help="code of the area below which the post holds; everywhere when left out")
        create.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        trio = verbs.add_parser(
            "administrators", help="make those of the three administrators that are missing; prints a password each"
        )
        trio.add_argument("--org", help="code of their organisation; the first one, or a new one, when left out")
        password = verbs.add_parser("password", help="give a new random password and print it")
        password.add_argument("username")
        release = verbs.add_parser("release", help="let a name try again that is locked after failed sign-ins")
        release.add_argument("username")
        wake = verbs.add_parser("wake", help="let a dormant account sign in again")
        wake.add_argument("username")
        factor = verbs.add_parser("factor-off", help="remove the second factor of somebody who has lost it")
        factor.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = actors.system(f"account command ({getpass.getuser()})")
        try:
            with transaction.atomic():
                getattr(self, options["verb"].replace("-", "_"))(actor, options)
        except ProblemError as problem:
            raise CommandError(str(problem)) from problem

    def create(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        given = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else None
        account, password = services.create_account(
            actor, username=options["username"], name=options["name"], password=given
        )
        if options["post"] or options["role"]:
            area = by_code(options["area"]) if options["area"] else None
            services.give_post(actor, account=account, post=self._post(actor, options, area), area=area)
        shown = "the password that was given" if given else f"password {password}"
        self.stdout.write(f"Account {account.username} created, {shown}.")

    def administrators(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        services.sync_shipped_roles(actor)
        organization = None
        if options["org"]:
            organization = queries.one(Organization.objects.select_related("area"), code=options["org"])
        present, made = services.make_administrators(actor, organization)
        for office, username in present.items():
            self.stdout.write(f"{office}: {username} is there already")
        if not made:
            self.stdout.write("There is nothing to do.")
            return
        self.stdout.write("Made, each with a password that is shown only now and is changed at the first sign-in:")
        for account, password in made:
            self.stdout.write(f"  {account.username:<24} {password}")
        self.stdout.write("Hand them to three different persons.")

    def _post(self, actor: actors.Actor, options: dict[str, Any], area: Area | None) -> Post:
        if options["post"]:
            return queries.one(Post.objects.select_related("organization__area"), code=options["post"])
        if not options["org"]:
            raise CommandError("--role needs --org: a post belongs to an organisation.")
        role = queries.one(Role.objects.all(), code=options["role"])
        organization = queries.one(Organization.objects.select_related("area"), code=options["org"])
        code = f"{organization.code}.{role.code}"
        found = Post.objects.filter(code=code).select_related("organization__area").first()
        return found or services.create_post(actor, code=code, name=role.name, organization=organization, role=role)

    def password(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        account = queries.one(Account.objects.all(), username=options["username"])
        self.stdout.write(f"Account {account.username}: new password {services.reset_password(actor, account)}")

    def release(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        account = self._account(options)
        found = queries.locks(account.pk).first()
        if found is None:
            raise CommandError(f"Account {account.username} is not locked.")
        services.release_lock(actor, found.pk, reason="account release")
        self.stdout.write(f"Account {account.username}: released")

    def wake(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        self.stdout.write(f"Account {services.wake(actor, self._account(options)).username}: awake")

    def _account(self, options: dict[str, Any]) -> Account:
        return queries.one(Account.objects.all(), username=options["username"])

    def factor_off(self, actor: actors.Actor, options: dict[str, Any]) -> None:
        account = self._account(options)
        services.remove_second_factor(actor, account, reason="account factor-off")
        self.stdout.write(f"Account {account.username}: its password alone opens it until a new factor is set up")
