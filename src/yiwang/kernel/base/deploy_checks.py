"""What `yiwang check --deploy` refuses of settings, keys, files and the database's role, each with the mend.

Rooms above add their own in ui/deploy_checks.py. An Error ends the command with 1, so an installation script can stop;
a Warning is for a person to judge.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.translation import gettext as _

from yiwang.kernel.base.addresses import networks

KEYS = ("SECRET_KEY", "FIELD_KEY", "BLIND_INDEX_KEY", "SEAL_KEY")
DEVELOPMENT = "development-only"
SHORTEST_KEY = 40
OWN_MACHINE = {"localhost", "127.0.0.1", "[::1]", "testserver"}
Look = Callable[[], Iterable[CheckMessage]]


def deploy_check(look: Look) -> Look:
    """Register a check that runs with `check --deploy` alone."""

    def run(app_configs: Any, **_more: Any) -> list[CheckMessage]:
        return list(look())

    run.__name__ = look.__name__
    register(run, Tags.security, deploy=True)
    return look


def error(number: int, says: str, mend: str) -> Error:
    return Error(says, hint=mend, id=f"yiwang.E{number:03d}")


def warning(number: int, says: str, mend: str) -> Warning:
    return Warning(says, hint=mend, id=f"yiwang.W{number:03d}")


@deploy_check
def mode() -> Iterator[CheckMessage]:
    if not settings.PRODUCTION:
        yield error(1, _("The platform does not run in production mode."), _("Set YIWANG_PRODUCTION=1."))
    if settings.DEBUG:
        yield error(2, _("Debug mode shows the inside of the platform to everybody."), _("Remove YIWANG_DEBUG."))
    if settings.DEMO:
        yield error(3, _("Demo mode shows sample accounts on the sign-in page."), _("Remove YIWANG_DEMO."))


@deploy_check
def hosts() -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS or any(h.startswith(".") for h in settings.ALLOWED_HOSTS):
        yield error(4, _("The platform answers under any host name."), _("Name the hosts that people type in YIWANG_HOSTS."))
    elif not set(settings.ALLOWED_HOSTS) - OWN_MACHINE:
        yield error(5, _("No host name of this site is set."), _("Name the hosts that people type in YIWANG_HOSTS."))
    if wrong := [o for o in settings.CSRF_TRUSTED_ORIGINS if not o.startswith("https://") or "*" in o]:
        yield error(6, _("Forms are taken from pages without TLS or of any sub-domain: %(origins)s.") % {"origins": ", ".join(wrong)},
                    _("Write https:// and the whole host in YIWANG_ORIGINS."))  # fmt: skip


@deploy_check
def keys() -> Iterator[CheckMessage]:
    values = {name: str(getattr(settings, name)) for name in KEYS}
    for name, value in values.items():
        if value.startswith(DEVELOPMENT):
            yield error(7, _("%(name)s is the development key, which everybody knows.") % {"name": f"YIWANG_{name}"},
                        _("Put a random one of at least 40 characters into <data>/secrets or the environment."))  # fmt: skip
        elif len(value) < SHORTEST_KEY or len(set(value)) < 10:
            yield error(8, _("%(name)s can be guessed: it is too short or too even.") % {"name": f"YIWANG_{name}"},
                        _("Put a random one of at least 40 characters into <data>/secrets or the environment."))  # fmt: skip
    if len(set(values.values())) < len(values):
        yield error(9, _("Two keys are the same, so who learns one has both."), _("Make each key by itself."))


@deploy_check
def transport() -> Iterator[CheckMessage]:
    cookies = (settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.CSRF_COOKIE_HTTPONLY)
    named = all(n.startswith("__Host-") for n in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME))
    if not (all(cookies) and named) or settings.SESSION_COOKIE_SAMESITE not in ("Lax", "Strict"):
        yield error(10, _("Cookies are not bound to this host and to TLS."), _("Leave the cookie settings as production mode sets them."))
    if settings.SECURE_HSTS_SECONDS < 180 * 86400 or not settings.SECURE_SSL_REDIRECT:
        yield error(11, _("Browsers are not told to use TLS alone."), _("Leave SECURE_HSTS_SECONDS and SECURE_SSL_REDIRECT as production mode sets them."))
    try:
        wide = [n for n in networks(tuple(settings.TRUSTED_PROXIES)) if n.prefixlen < (8 if n.version == 4 else 32)]
    except ValueError as problem:
        wide = []
        yield error(12, _("A trusted proxy cannot be read: %(problem)s.") % {"problem": problem}, _("Write addresses or networks in YIWANG_TRUSTED_PROXIES."))
    if wide:
        yield error(13, _("Half the world counts as our proxy and may pretend to be anybody: %(nets)s.") % {"nets": ", ".join(map(str, wide))},
                    _("Name only the proxies in front of this platform in YIWANG_TRUSTED_PROXIES."))  # fmt: skip


@deploy_check
def ways_out() -> Iterator[CheckMessage]:
    for entry in settings.OUTGOING_ALLOW:
        try:
            if ip_network(entry, strict=False).prefixlen < 8:
                yield error(14, _("The platform may call every inner address: %(entry)s.") % {"entry": entry}, _("Name only what is called in YIWANG_OUTGOING_ALLOW."))
        except ValueError:
            continue  # a host name
    if off := [name for name, figures in settings.RATE_LIMITS.items() if not figures[0]]:
        yield error(15, _("These limits are switched off: %(names)s.") % {"names": ", ".join(off)}, _("Give figures in YIWANG_RATES, for example search=600/60."))
    if not settings.CLAMD:
        yield warning(1, _("Uploads are not checked for viruses."), _("Install clamav-daemon and name its socket in YIWANG_CLAMD."))
    if settings.SCANNER_DOWN not in ("refuse", "quarantine"):
        yield error(16, _("YIWANG_SCANNER_DOWN says neither refuse nor quarantine."), _("Choose one of the two."))


@deploy_check
def folders() -> Iterator[CheckMessage]:
    """Keys, personal values and photos are for the platform's own user."""
    data = Path(settings.DATA_DIR)
    wanted = [data, data / "secrets", data / "env", Path(settings.FILES_DIR), *sorted((data / "secrets").glob("*"))]
    wanted = [path for path in wanted if not path.resolve().is_relative_to("/run/secrets")]  # of a container, which has one user
    readable = [str(path) for path in wanted if _mode(path) & (stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH)]
    if readable and not _shut_in(data):
        yield error(17, _("Others on this machine can read %(paths)s.") % {"paths": ", ".join(readable[:5])},
                    _("Take it from them: chmod -R o-rwx %(path)s") % {"path": data})  # fmt: skip
    static = Path(settings.STATIC_ROOT).resolve()
    if static in Path(settings.FILES_DIR).resolve().parents or static == Path(settings.FILES_DIR).resolve():
        yield error(18, _("Uploads lie inside the folder that is served to everybody."), _("Set YIWANG_FILES_DIR outside of YIWANG_STATIC_ROOT."))
    if (data / "sample.json").is_file():
        yield error(19, _("This data folder holds sample data, whose passwords are printed."), _("Begin with an empty data folder and database."))


def _mode(path: Path) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _shut_in(path: Path) -> bool:
    """Say whether a folder above lets nobody through, so that what lies below cannot be reached."""
    return any(not _mode(p) & stat.S_IXOTH for p in [path, *path.parents])


@deploy_check
def database() -> Iterator[CheckMessage]:
    """The running role may neither change tables nor touch the record."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN (session_user, current_user) AND rolsuper")
            powerful = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "SELECT current_user, bool_or(has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')) FROM pg_class c"
                " WHERE c.relname IN ('yw_audit_event', 'yw_audit_accesslog')"
            )
            role, may_change = cursor.fetchone() or ("", False)
    except DatabaseError as problem:
        yield error(20, _("The database cannot be asked: %(problem)s") % {"problem": str(problem).splitlines()[0]}, _("Check DATABASE_URL."))
        return
    if powerful:
        yield error(21, _("The platform signs in to the database as a superuser (%(role)s).") % {"role": ", ".join(powerful)},
                    _("Sign in as yiwang_app; only migrations need yiwang_owner."))  # fmt: skip
    if may_change:
        yield error(22, _("The role %(role)s can change or remove lines of the record.") % {"role": role}, _("Run the platform as yiwang_app."))
