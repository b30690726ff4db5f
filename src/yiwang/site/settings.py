"""Settings of one installation. Everything that differs between machines comes from the environment or the data folder.

`./dev` writes `<data>/env` with the values of the private cluster; another installation sets the same names itself.
"""

import json
import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base import logs, rate_figures

SRC_DIR = Path(__file__).resolve().parents[2]
REPO_DIR = SRC_DIR.parent
DATA_DIR = Path(os.environ.get("YIWANG_DATA_DIR", REPO_DIR / ".yiwang")).resolve()

DEBUG = os.environ.get("YIWANG_DEBUG") == "1"
PRODUCTION = os.environ.get("YIWANG_PRODUCTION") == "1"
# Demo mode alone shows the sample accounts on the sign-in page; `./dev up` sets it with sample data.
DEMO = os.environ.get("YIWANG_DEMO") == "1"


def _secret(name: str, development: str, *, needed: bool = True) -> str:
    """Read a secret from the environment or its file; a fixed value is for development only."""
    if value := os.environ.get(name):
        return value
    path = DATA_DIR / "secrets" / name.lower()
    if path.is_file():
        return path.read_text(encoding="utf-8").strip()
    if PRODUCTION and needed:
        raise RuntimeError(f"{name} is not set: put it into the environment or into {path}")
    return development


SECRET_KEY = _secret("YIWANG_SECRET_KEY", "development-only-key-" + "0" * 40)
FIELD_KEY = _secret("YIWANG_FIELD_KEY", "development-only-field-key-" + "0" * 32)  # encrypts personal fields
BLIND_INDEX_KEY = _secret("YIWANG_BLIND_INDEX_KEY", "development-only-blind-key-" + "0" * 32)  # searches them
SEAL_KEY = _secret("YIWANG_SEAL_KEY", "development-only-seal-key-" + "0" * 32)  # signs the seals of the event chain

ALLOWED_HOSTS = os.environ.get("YIWANG_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("YIWANG_ORIGINS", "").split(",") if o]

KERNEL_ROOMS = (
    "base", "audit", "areas", "identity", "worktime", "geography", "files", "notices", "forms", "process", "cases",
    "indicators", "supervision", "exchange", "backup", "paper", "mapdata", "ui",
)
APPS = ("city", "datahub")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    *(f"yiwang.kernel.{room}" for room in KERNEL_ROOMS),
    *(f"yiwang.apps.{app}" for app in APPS),
]

MIDDLEWARE = [
    "yiwang.kernel.base.http.RequestIdMiddleware",
    "yiwang.kernel.base.proxies.TrustedProxyMiddleware",
    "yiwang.kernel.ui.security.SecurityHeadersMiddleware",
    "yiwang.kernel.ui.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yiwang.kernel.base.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "yiwang.kernel.identity.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yiwang.kernel.identity.middleware.ActorMiddleware",
    "yiwang.kernel.base.http.ProblemMiddleware",
    "yiwang.kernel.backup.copy.CopyMiddleware",  # inside ProblemMiddleware: a copy refuses like any view
    "yiwang.kernel.identity.gate.AccountGateMiddleware",  # inside ProblemMiddleware: it refuses like any view
]

ROOT_URLCONF = "yiwang.site.urls"
CSRF_FAILURE_VIEW = "yiwang.kernel.ui.failures.stale_form"
WSGI_APPLICATION = "yiwang.site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SRC_DIR / "yiwang" / "kernel" / "ui" / "templates"],  # before allauth's own account pages
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yiwang.kernel.ui.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]


def _database() -> dict[str, object]:
    """Return the connection; the role is `yiwang_app` unless YIWANG_DB_ROLE says `owner` (migrations)."""
    role = os.environ.get("YIWANG_DB_ROLE", "app")
    config: dict[str, object] = {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a pooled connection is asked before it is lent: after a restart of the database none is dead
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
    options: dict[str, object] = {}
    if url := os.environ.get("DATABASE_URL"):
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        config |= {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or query.pop("port", "")),
        }
        options |= query
    else:
        config |= {
            "NAME": os.environ.get("YIWANG_PG_NAME", "yiwang"),
            "USER": f"yiwang_{role}",
            "HOST": os.environ.get("YIWANG_PG_HOST", str(DATA_DIR / "sock")),
            "PORT": os.environ.get("YIWANG_PG_PORT", "6543"),
        }
    # One login may hold both roles (DATABASE_URL); the session still works as the weaker one.
    # JIT compiles the search trigger anew for each row of a COPY: 20 ms instead of 0.03. Nothing here gains from it.
    options["options"] = f"-c role=yiwang_{role} -c timezone=UTC -c statement_timeout=60000 -c jit=off"
    if role == "owner":
        # A migration that cannot have its lock soon gives up, instead of queueing before everybody who works. Its own
        # statements may take long (an index on a large table).
        options["options"] = f"-c role=yiwang_{role} -c timezone=UTC -c statement_timeout=0 -c lock_timeout=5000 -c jit=off"
    if os.environ.get("YIWANG_DB_POOL"):
        # `reconnect_timeout`: the pool's own pauses grow to minutes; we rather try again with the next request.
        options["pool"] = {"min_size": 2, "max_size": int(os.environ["YIWANG_DB_POOL"]), "timeout": 10, "reconnect_timeout": 3}
    return config | {"OPTIONS": options}


DATABASES = {"default": _database()}
DATABASE_OWNER_ROLE, DATABASE_APP_ROLE = "yiwang_owner", "yiwang_app"

AUTH_USER_MODEL = "yw_identity.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
_RULES = "yiwang.kernel.identity.passwords"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": f"{_RULES}.LongestValidator"},
    {"NAME": f"{_RULES}.KindsValidator"},
    {"NAME": f"{_RULES}.OwnNameValidator"},
    {"NAME": f"{_RULES}.HistoryValidator"},
]
PASSWORD_HISTORY = int(os.environ.get("YIWANG_PASSWORD_HISTORY", "5"))  # so many of the last are not taken again; 0: any
PASSWORD_MAX_AGE_DAYS = int(os.environ.get("YIWANG_PASSWORD_MAX_AGE_DAYS", "0"))  # 0: as long as it stays secret
# Passwords that an administrator gives wait for the security administrator (口令发放复核): rights (of everybody who opens more
# than the system administrator's own office), all, or off.
PASSWORD_RELEASE = os.environ.get("YIWANG_PASSWORD_RELEASE", "rights")
# Failed sign-ins: so many in the window lock a name, or an address behind which a whole office may sit (登录失败锁定).
SIGN_IN_FAILURES_NAME = int(os.environ.get("YIWANG_SIGN_IN_FAILURES_NAME", "5"))
SIGN_IN_FAILURES_ADDRESS = int(os.environ.get("YIWANG_SIGN_IN_FAILURES_ADDRESS", "30"))
SIGN_IN_WINDOW_S = int(os.environ.get("YIWANG_SIGN_IN_WINDOW_MINUTES", "15")) * 60
SIGN_IN_LOCK_S = int(os.environ.get("YIWANG_SIGN_IN_LOCK_MINUTES", "15")) * 60
DORMANT_AFTER_DAYS = int(os.environ.get("YIWANG_DORMANT_AFTER_DAYS", "90"))  # not signed in for so long: locked; 0: never
# Roles whose holders sign in with two factors, besides those marked on the page of roles (双因素).
SECOND_FACTOR_ROLES = tuple(
    role.strip()
    for role in os.environ.get(
        "YIWANG_SECOND_FACTOR_ROLES",
        "administrator,security_administrator,audit_administrator" if PRODUCTION else "",
    ).split(",")
    if role.strip()
)
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "yiwang.kernel.identity.adapter.ClosedSignupAdapter"
# Calls and failures are counted in the database for all web processes (doors' limits, kernel/identity/services/lockout.py);
# allauth's own counts are each process's and know nothing of an office behind one address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "change_password": None, "reauthenticate": None}
ACCOUNT_FORMS = {
    "change_password": "yiwang.kernel.identity.entrance.ChangePasswordForm",
    "reauthenticate": "yiwang.kernel.identity.entrance.PasswordAgainForm",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # for so many seconds nobody asks again who it is
MFA_ADAPTER = "yiwang.kernel.identity.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "yiwang.kernel.identity.entrance.CodeForm",
    "reauthenticate": "yiwang.kernel.identity.entrance.CodeAgainForm",
    "authenticate_webauthn": "yiwang.kernel.identity.entrance.KeyForm",
    "reauthenticate_webauthn": "yiwang.kernel.identity.entrance.KeyAgainForm",
    "activate_totp": "yiwang.kernel.identity.entrance.ActivateCodeForm",
    "add_webauthn": "yiwang.kernel.identity.entrance.AddKeyForm",
    "edit_webauthn": "yiwang.kernel.identity.entrance.NameKeyForm",
}
MFA_TOTP_TOLERANCE = 1  # one step of 30 s to either side: telephones' clocks differ
MFA_RECOVERY_CODES_SHOW_ONCE = True
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
PUBLIC_HOME = ("portal:home", "city:public_report")  # the first that is installed is where citizens start

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [SRC_DIR / "yiwang" / "site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("YIWANG_TIME_ZONE", "Asia/Shanghai")
FORMAT_MODULE_PATH = ["yiwang.site.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("YIWANG_STATIC_ROOT", DATA_DIR / "static"))
ISLANDS_DIR = SRC_DIR / "yiwang" / "static_built"  # what Vite builds from src/islands
STATICFILES_DIRS = [ISLANDS_DIR] if ISLANDS_DIR.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page needs our scripts
FILES_DIR = Path(os.environ.get("YIWANG_FILES_DIR", DATA_DIR / "files"))  # outside every web root
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Requests to other systems (base/outgoing.py): inner networks or host names that may be called, the proxy, our own CA.
OUTGOING_ALLOW = tuple(a.strip() for a in os.environ.get("YIWANG_OUTGOING_ALLOW", "").split(",") if a.strip())
OUTGOING_PROXY = _secret("YIWANG_OUTGOING_PROXY", "", needed=False)  # http://user:password@host:3128; a secret, for its password
OUTGOING_CA = os.environ.get("YIWANG_OUTGOING_CA", "")  # file of certificates in place of the system's
RATE_LIMITS = rate_figures.parse(os.environ.get("YIWANG_RATES", ""))  # figures of this installation, by name: "public-report=20/600"
CLAMD = os.environ.get("YIWANG_CLAMD", "")  # the virus scanner: path of clamd's socket, or host:port; empty: none
SCANNER_DOWN = os.environ.get("YIWANG_SCANNER_DOWN", "refuse")  # or "quarantine": take files in, show them once scanned
UPLOAD_MAX_BYTES = 25 * 1024 * 1024  # one photo or file; larger is refused with a sentence
# Map files on their way into a layer (kernel/mapdata): the largest, what an archive may unpack to, most rows, and how large
# a file may be that is read while the person waits (a larger one is a job).
MAP_FILE_MAX_BYTES = int(os.environ.get("YIWANG_MAP_FILE_MB", "500")) * 1024 * 1024
MAP_FILE_UNPACKED_BYTES = 4 * MAP_FILE_MAX_BYTES
MAP_FILE_MAX_ROWS = 2_000_000
MAP_FILE_WAIT_BYTES = 2 * 1024 * 1024
MAP_READER_MEMORY_MB, MAP_READER_CPU_S = 4096, 1200  # address space and processor time of the program that reads them
# Local coordinate systems (地方坐标系) by name, "NAME=PROJ or WKT;NAME=...": parameters are confidential, so they stand here and
# are never asked for or shown on a page.
LOCAL_CRS = dict(
    part.split("=", 1) for part in _secret("YIWANG_LOCAL_CRS", "", needed=False).split(";") if "=" in part
)

# `__Host-`: the browser takes the cookie over HTTPS alone, for this host alone, and from no sub-domain.
_COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
_TLS = PRODUCTION or os.environ.get("YIWANG_TLS") == "1"  # `./dev up --lan` serves HTTPS beside plain http on this machine
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid", f"{_COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # scripts get the token from the page
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _TLS
SESSION_ENGINE = "yiwang.kernel.identity.sessions"
SESSION_IDLE_S = int(os.environ.get("YIWANG_SESSION_IDLE_MINUTES", "60")) * 60  # without a click; 0: no such limit
SESSION_ABSOLUTE_S = int(os.environ.get("YIWANG_SESSION_HOURS", "12")) * 3600  # since the sign-in, whatever one does
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_S or 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks, comma-separated.
TRUSTED_PROXIES = tuple(
    p.strip() for p in os.environ.get("YIWANG_TRUSTED_PROXIES", "127.0.0.1,::1" if PRODUCTION else "").split(",") if p.strip()
)
SECURE_HSTS_SECONDS = 365 * 86400 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked by machines inside, without TLS

LIVE_URL = os.environ.get("YIWANG_LIVE_URL", "")  # of the live stream; behind a proxy the site's own address

# Figures of the watch for unusual activity that differ from the shipped ones (异常变动预警; kernel/audit/unusual.py), JSON:
# {"minimum": {"hour": {"read": 50}}, "days": 90}
WATCH = json.loads(os.environ.get("YIWANG_WATCH", "{}"))
REGION = os.environ.get("YIWANG_REGION", "371599")  # 6-digit county code, the partition key of append-only tables
OPEN311_JURISDICTION = os.environ.get("YIWANG_OPEN311_JURISDICTION", "")  # empty: the region and every root area's code
OPEN311_KEY_REQUIRED = os.environ.get("YIWANG_OPEN311_KEY_REQUIRED", "1") == "1"  # for POST; reading needs none
OPEN311_CONTACT = os.environ.get("YIWANG_OPEN311_CONTACT", "")
CASES_JOINED_POSTS = os.environ.get("YIWANG_JOINED_POSTS") == "1"  # a small county joins acceptor, leader, dispatcher
# Unit grids (单元网格): a new one outside these square metres is refused, one far from 10,000 is remarked; how its code looks.
GRID_MIN_M2 = float(os.environ.get("YIWANG_GRID_MIN_M2", "500"))
GRID_MAX_M2 = float(os.environ.get("YIWANG_GRID_MAX_M2", "500000"))
GRID_CODE_PATTERN = os.environ.get("YIWANG_GRID_CODE_PATTERN", "^[0-9A-Z]{15}$")
# The inspector's phone (城管通). Tracks (轨迹) are taken on shift alone; a position is kept for so many days and its month then
# dropped. Places where shifts begin and whose position was surveyed: "NAME=lon,lat,metres;..."; by them shifted browsers are found.
FIELD_TRACK_EVERY_S = int(os.environ.get("YIWANG_FIELD_TRACK_EVERY_S", "15"))
FIELD_TRACK_MIN_M = float(os.environ.get("YIWANG_FIELD_TRACK_MIN_M", "10"))
FIELD_NO_FIX_AFTER_S = int(os.environ.get("YIWANG_FIELD_NO_FIX_AFTER_S", "180"))  # longer without a position reads 无定位
FIELD_PHOTO_PX = int(os.environ.get("YIWANG_FIELD_PHOTO_PX", "1600"))
FIELD_SHIFT_HOURS = int(os.environ.get("YIWANG_FIELD_SHIFT_HOURS", "16"))  # who forgets to sign out is out after so long
FIELD_KNOWN_POINTS = os.environ.get("YIWANG_FIELD_KNOWN_POINTS", "")
POSITIONS_KEEP_DAYS = int(os.environ.get("YIWANG_POSITIONS_KEEP_DAYS", "180"))
GEOCODE_MOST_ROWS = int(os.environ.get("YIWANG_GEOCODE_MOST_ROWS", "20000"))  # of one file of addresses
# Maps. The review number (审图号) stands on every map and in TileJSON. Tiles of a service whose key one has (天地图 among them) lie
# under our own layers: addresses with {z} {x} {y} and the key, separated by spaces, drawn one over the other; only in CGCS2000 or
# WGS 84, never in GCJ-02. Browsers fetch them, so the content security policy names exactly their hosts.
MAP_REVIEW_NUMBER = os.environ.get("YIWANG_MAP_REVIEW_NUMBER", "")
MAP_TILE_URLS = tuple(os.environ.get("YIWANG_MAP_TILE_URLS", "").split())
MAP_TILE_CREDIT = os.environ.get("YIWANG_MAP_TILE_CREDIT", "")  # whose they are, shown in the map's corner
CLOCK_STARTS_AT = "dispatch"  # or "filed": when the disposal clock starts (CJ/T 315-2009; policy switch)

# Reminders (提醒). Mail leaves by a mail server, text messages by the city's own gateway, work chat by the robots of its groups
# (企业微信, 钉钉, 飞书). What is not set goes into a file of the data folder instead, and the receipt says so.
NOTICES_QUIET = os.environ.get("YIWANG_QUIET_HOURS", "22:00-07:00")  # only what is urgent leaves then; empty: no such hours
NOTICES_TIMEOUT_S = float(os.environ.get("YIWANG_NOTICES_TIMEOUT_S", "10"))  # a gateway that takes longer has failed
EMAIL_HOST = os.environ.get("YIWANG_MAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("YIWANG_MAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("YIWANG_MAIL_USER", "")
EMAIL_HOST_PASSWORD = _secret("YIWANG_MAIL_PASSWORD", "", needed=False)
EMAIL_USE_SSL = os.environ.get("YIWANG_MAIL_SECURITY", "starttls") == "tls"
EMAIL_USE_TLS = os.environ.get("YIWANG_MAIL_SECURITY", "starttls") == "starttls"
EMAIL_TIMEOUT = NOTICES_TIMEOUT_S
MAIL_ATTACH_MB = float(os.environ.get("YIWANG_MAIL_ATTACH_MB", "0"))  # papers up to this size go with the mail; 0: the mail has the link alone
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("YIWANG_MAIL_FROM", "yiwang@localhost")
SMS_URL = os.environ.get("YIWANG_SMS_URL", "")
SMS_PROVIDER = os.environ.get("YIWANG_SMS_PROVIDER", "json")  # a table of kernel/notices/data/sms_providers.toml, or of the file below
SMS_PROVIDERS_FILE = os.environ.get("YIWANG_SMS_PROVIDERS_FILE", "")
SMS_KEY, SMS_SECRET = _secret("YIWANG_SMS_KEY", "", needed=False), _secret("YIWANG_SMS_SECRET", "", needed=False)
SMS_SIGN, SMS_TEMPLATE = os.environ.get("YIWANG_SMS_SIGN", ""), os.environ.get("YIWANG_SMS_TEMPLATE", "")  # 签名, 模板号
# Robots of groups, JSON: [{"kind": "wecom|dingtalk|feishu", "url": "https://...", "secret": "", "org": "code of a body; empty: all others"}]
CHAT_ROBOTS = json.loads(_secret("YIWANG_CHAT_ROBOTS", "", needed=False) or "[]")

# The data centre's analyses (DuckDB): how much of the machine one of them may take, and on what the transformations run.
LAKE = {
    "memory_mb": int(os.environ.get("YIWANG_LAKE_MEMORY_MB", "1500")),
    "threads": int(os.environ.get("YIWANG_LAKE_THREADS", "2")),
    "engine": os.environ.get("YIWANG_LAKE_ENGINE", "duckdb"),  # or spark
    "drop": os.environ.get("YIWANG_LAKE_DROP", str(DATA_DIR / "drop")),  # below it lie the folders of front-end machines (前置机)
    "models": os.environ.get("YIWANG_LAKE_MODELS", str(DATA_DIR / "models")),  # this installation's own transformations
    "sockets": tuple(p for p in os.environ.get("YIWANG_LAKE_SOCKETS", "").split(",") if p),  # folders of sockets that a source may name
}
LAKE_FILE_MAX_BYTES = int(os.environ.get("YIWANG_LAKE_FILE_MB", "4096")) * 1024 * 1024  # of one delivery
LAKE_FILE_WAIT_BYTES = 4 * 1024 * 1024  # a larger one is landed by a job
LAKE_MOST_REFUSED = int(os.environ.get("YIWANG_LAKE_MOST_REFUSED", "20000"))  # more bad rows: it is not the agreed table
QUALITY_GRADES = tuple(float(line) for line in os.environ.get("YIWANG_QUALITY_GRADES", "90,80,70,60").split(","))  # scores from which a grade holds
LAKE_KEEP_RUNS = int(os.environ.get("YIWANG_LAKE_KEEP_RUNS", "3"))  # deliveries of a data set whose rows stay on the disk; the last is the present
LAKE_CORRECTION_DAYS = int(os.environ.get("YIWANG_LAKE_CORRECTION_DAYS", "5"))  # working days to correct refused rows
ECONOMY_SECOND_PERSON_GRADE = int(os.environ.get("YIWANG_ECONOMY_SECOND_PERSON_GRADE", "3"))  # figures of series from this grade on are released by a second person

# When this copy of a platform was restored to be looked at: nothing is written to it. Empty for a platform that works.
READ_ONLY = os.environ.get("YIWANG_READ_ONLY", "")
# Where a scanned plate leads: the first page whose permission the reader holds (none: everybody) and that is installed.
PLATE_PAGES = (("city.inspector.report", "city:inspector_report"), ("", "city:public_report"))
# Backups. The store is a folder, a mounted share or s3://bucket/prefix; beside the data it is only a first step.
BACKUP_STORE = os.environ.get("YIWANG_BACKUP_STORE", str(DATA_DIR / "backups"))
BACKUP_S3_ENDPOINT = os.environ.get("YIWANG_BACKUP_S3_ENDPOINT", "")  # empty: Amazon's own
BACKUP_S3_REGION = os.environ.get("YIWANG_BACKUP_S3_REGION", "us-east-1")
# Public keys (age1...) for which backups are made; the secret half opens them and need not be on this machine.
BACKUP_RECIPIENTS = [r.strip() for r in os.environ.get("YIWANG_BACKUP_RECIPIENTS", "").split(",") if r.strip()]
BACKUP_IDENTITY = _secret("YIWANG_BACKUP_IDENTITY", "", needed=False)
BACKUP_CRON = os.environ.get("YIWANG_BACKUP_CRON", "30 18 * * *")  # UTC; 02:30 in China
BACKUP_VERIFY_CRON = os.environ.get("YIWANG_BACKUP_VERIFY_CRON", "30 20 * * 6")  # UTC; Sundays 04:30 in China
BACKUP_BASE_CRON = os.environ.get("YIWANG_BACKUP_BASE_CRON", "30 19 * * 6")  # UTC; Sundays 03:30 in China
# Spool of the server's log, from which any moment is recovered; empty: not kept. `./dev up` sets it by YIWANG_WAL_ARCHIVE=1.
WAL_ARCHIVE = os.environ.get("YIWANG_WAL_ARCHIVE", "")
BACKUP_KEEP = tuple(int(n) for n in os.environ.get("YIWANG_BACKUP_KEEP", "7,5,12").split(","))  # days, weeks, months
BACKUP_ADMIN_URL = os.environ.get("YIWANG_BACKUP_ADMIN_URL", "")  # who may create databases; private cluster: postgres
PG_BIN = os.environ.get("YIWANG_PG_BIN") or os.environ.get("DEV_PG_BIN", "")  # folder of pg_dump; empty: the newest here

# What is mailed of a fault names fields and variables, never what somebody typed into them.
DEFAULT_EXCEPTION_REPORTER = "yiwang.kernel.base.fault_reports.FaultReporter"

SILENCED_SYSTEM_CHECKS = [
    "gis.W001",  # Debian 12 ships GDAL 3.6; no user-supplied spatial reference reaches OGR
    "security.W021",  # browsers' preload list: for whoever owns the domain to ask for, not for us
]

PROCESS = os.environ.get("YIWANG_PROCESS", "")  # which process of the platform this is, on its log lines: web, live, worker, relay, sealer
LOG_FORMAT = os.environ.get("YIWANG_LOG_FORMAT", "json" if PRODUCTION else "lines")
LOGGING = logs.config(as_json=LOG_FORMAT == "json", process=PROCESS, level=os.environ.get("YIWANG_LOG_LEVEL", "INFO"))
METRICS_DIR = Path(os.environ.get("YIWANG_METRICS_DIR", DATA_DIR / "metrics"))  # counters that all processes of this machine share
METRICS_TOKEN = _secret("YIWANG_METRICS_TOKEN", "", needed=False)  # who may read /metrics; empty: nobody
DISK_LEAST_BYTES = int(os.environ.get("YIWANG_DISK_LEAST_BYTES", 1024**3))  # less free space than this is an alarm
BACKUP_MOST_AGE_S = int(os.environ.get("YIWANG_BACKUP_MOST_AGE_S", 26 * 3600))  # a nightly backup, and two hours for it
PROCRASTINATE_ON_APP_READY = "yiwang.kernel.base.jobs.on_app_ready"  # each job in one log line, with its request's id
