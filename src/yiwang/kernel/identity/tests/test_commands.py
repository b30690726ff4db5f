"""`yiwang account` and `yiwang roles`: what the server's own administrator types."""

import contextlib
import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import SignInLocked
from yiwang.kernel.identity.models import Account, Post
from yiwang.kernel.identity.services import lockout
from yiwang.kernel.identity.tests.conftest import Town


def run(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_first_administrator(town: Town) -> None:
    said = run("account", "create", "root1", "--name", "管理员", "--role", "admin", "--org", "centre")
    account = Account.objects.get(username="root1")
    assert account.check_password(re.search(r"password (\S+)\.", said)[1])
    assert queries.actor_for(account).may("identity.admin")
    again = run(
        "account", "create", "root2", "--name", "管理员", "--role", "admin", "--org", "centre", "--area", "d-east"
    )
    assert "root2" in again
    assert not queries.actor_for(Account.objects.get(username="root2")).may("identity.admin")
    assert Post.objects.filter(code="centre.admin").count() == 1


def test_password_from_standard_input(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("kite-paper-lamp\n"))
    said = run("account", "create", "anna", "--name", "安娜", "--password-stdin")
    assert "kite" not in said
    assert Account.objects.get(username="anna").check_password("kite-paper-lamp")
    assert "new password" in run("account", "password", "anna")
    assert not Account.objects.get(username="anna").check_password("kite-paper-lamp")


@pytest.mark.parametrize(
    "args",
    [
        ["--role", "admin"],
        ["--role", "none", "--org", "centre"],
        ["--role", "admin", "--org", "none"],
        ["--post", "none"],
    ],
)
def test_mistakes_leave_nothing(town: Town, args: list[str]) -> None:
    with pytest.raises(CommandError):
        run("account", "create", "anna", "--name", "安娜", *args)
    assert not Account.objects.filter(username="anna").exists()


def test_roles_sync(db: Any) -> None:
    assert "created" in run("roles", "sync")
    assert "created" not in run("roles", "sync")


def test_letting_somebody_in_again_when_no_administrator_can(town: Town) -> None:
    from allauth.mfa.models import Authenticator

    anna = town.person("anna")
    with pytest.raises(CommandError, match="not locked"):
        run("account", "release", "anna")
    for _ in range(5):
        with contextlib.suppress(SignInLocked):
            lockout.wrong(lockout.begin("anna", "10.1.1.1"))
    assert "released" in run("account", "release", "anna")
    lockout.begin("anna", "10.1.1.1")
    Account.objects.filter(pk=anna.pk).update(standing="dormant", is_active=False)
    assert "awake" in run("account", "wake", "anna")
    Authenticator.objects.create(user=anna, type="totp", data={"secret": "x"})
    assert "password alone" in run("account", "factor-off", "anna")
    assert not queries.has_second_factor(anna.pk)
