"""What `yiwang check --deploy` refuses of what rooms hold: sample people, missing second factors, seals and backups."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from yiwang.kernel.audit import sealing
from yiwang.kernel.audit.models import Seal
from yiwang.kernel.backup import queries as backups
from yiwang.kernel.base.deploy_checks import deploy_check, error
from yiwang.kernel.identity.models import Account, Role
from yiwang.kernel.identity.services.offices import offices_by_role


def _asked(look: Iterator[CheckMessage]) -> Iterator[CheckMessage]:
    try:
        yield from look
    except DatabaseError:
        return  # base/deploy_checks.py says that the database cannot be asked


@deploy_check
def people() -> Iterator[CheckMessage]:
    yield from _asked(_people())


def _people() -> Iterator[CheckMessage]:
    if Account.objects.filter(is_sample=True, is_active=True).exists():
        yield error(30, _("Sample accounts can sign in, and their passwords are printed."), _("Begin with an empty database."))
    offices = offices_by_role()
    open_ = [r.code for r in Role.objects.filter(pk__in=offices).order_by("code") if not r.requires_second_factor and r.code not in settings.SECOND_FACTOR_ROLES]
    if open_:
        yield error(31, _("Administrators sign in without a second factor: %(roles)s.") % {"roles": ", ".join(open_)},
                    _("Mark these roles on the page of roles, or name them in YIWANG_SECOND_FACTOR_ROLES."))  # fmt: skip


@deploy_check
def record() -> Iterator[CheckMessage]:
    yield from _asked(_record())


def _record() -> Iterator[CheckMessage]:
    if Seal.objects.exists() and sealing.outside_copy() is None:
        yield error(32, _("The latest seal is not copied outside the database, so nobody would see that lines were removed."),
                    _("Start the sealer and look at %(path)s; carry copies of it to another machine.") % {"path": sealing.outside_path()})  # fmt: skip


@deploy_check
def safety_copy() -> Iterator[CheckMessage]:
    yield from _asked(_safety_copy())


def _safety_copy() -> Iterator[CheckMessage]:
    state = backups.health()
    if state.age_s is None:
        yield error(33, _("There has never been a good backup."), _("Make one: yiwang backup run"))
    elif state.is_stale:
        yield error(34, _("The last good backup is %(hours)d hours old.") % {"hours": state.age_s // 3600},
                    _("Look why on the page of backups, and make one: yiwang backup run"))  # fmt: skip
    if not (settings.BACKUP_RECIPIENTS or settings.BACKUP_IDENTITY):
        yield error(35, _("Backups have no key for which they could be encrypted."), _("Name the public keys in YIWANG_BACKUP_RECIPIENTS."))
