"""Refusals of backup and restore."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class StoreUnfit(ProblemError):
    where: str
    why: str
    code: ClassVar[str] = "backup.store-unfit"
    title: ClassVar[Any] = _("The backup store cannot be used")
    hint: ClassVar[Any] = _("%(where)s: %(why)s. Correct YIWANG_BACKUP_STORE or mend the store, then try again.")


@dataclass(kw_only=True, eq=False)
class NoSuchBackup(ProblemError):
    backup: str
    code: ClassVar[str] = "backup.unknown"
    title: ClassVar[Any] = _("There is no such backup")
    hint: ClassVar[Any] = _("%(backup)s is not in the store. `yiwang backup list` shows what there is.")
    status: ClassVar[int] = 404


@dataclass(kw_only=True, eq=False)
class KeyMissing(ProblemError):
    why: str
    code: ClassVar[str] = "backup.key-missing"
    title: ClassVar[Any] = _("The key for backups is not here")
    hint: ClassVar[Any] = _("%(why)s. Give the key file from the safe (--keys FILE), or do this where the key is.")


@dataclass(kw_only=True, eq=False)
class BackupRuns(ProblemError):
    code: ClassVar[str] = "backup.runs"
    title: ClassVar[Any] = _("A backup is running already")
    hint: ClassVar[Any] = _("Wait until it has ended; the page shows how far it is.")


@dataclass(kw_only=True, eq=False)
class BackupFailed(ProblemError):
    what: str
    code: ClassVar[str] = "backup.failed"
    title: ClassVar[Any] = _("The backup did not succeed")
    hint: ClassVar[Any] = _("%(what)s. Nothing that was kept before has changed.")
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class RestoreFailed(ProblemError):
    what: str
    code: ClassVar[str] = "backup.restore-failed"
    title: ClassVar[Any] = _("The restore did not succeed")
    hint: ClassVar[Any] = _("%(what)s. The database in use was not touched.")
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class DatabaseInUse(ProblemError):
    database: str
    code: ClassVar[str] = "backup.database-in-use"
    title: ClassVar[Any] = _("This database is in use")
    hint: ClassVar[Any] = _("%(database)s exists. Restore into another name, or say --replace: the present one is then kept beside it.")
