"""Settings: everything comes from the environment, through typed readers that name what is wrong.

`python -m controltower.env --table` prints every variable with its type, default and meaning.
"""

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import structlog
from psycopg.conninfo import conninfo_to_dict

from controltower import engines, env

BASE_DIR = Path(__file__).resolve().parent.parent
if (
    os.environ.get("STAGE") != "test"
):  # tests run on their own variables, whatever this installation's .env says
    env.load(BASE_DIR / ".env")
VAR = Path(
    env.text(
        "CONTROLTOWER_VAR",
        default=str(BASE_DIR / "var"),
        shown="var",
        meaning="folder for data, logs and sockets",
    )
)

STAGE = env.choice(
    "STAGE",
    "demo",
    choices=("demo", "test", "staging", "production"),
    meaning="what this installation is; production refuses demo secrets and the sandbox",
)
PRODUCTION = STAGE == "production"
DEMO_SECRET_KEY = "demo-only-not-a-secret-0123456789abcdef0123456789abcdef"  # noqa: S105
SECRET_KEY = env.text(
    "SECRET_KEY",
    default=DEMO_SECRET_KEY,
    shown="a demo secret",
    meaning="signs sessions, links and stored secrets",
)
DEBUG = env.flag("DEBUG", default=False, meaning="Django's debug pages; never in production")

PORT = env.number(
    "PORT", default=8000, unit="TCP port", meaning="where the tower's pages and API are served"
)
SOCKET_PORT = env.number(
    "SOCKET_PORT", default=8001, unit="TCP port", meaning="where the live sockets are served"
)
SOCKET_URL = env.text(
    "SOCKET_URL",
    default="",
    meaning="public address of the sockets, e.g. wss://tower.example/live/; empty: same host, SOCKET_PORT",
)
PUBLIC_URL = env.url(
    "PUBLIC_URL",
    default=f"http://127.0.0.1:{PORT}",
    shown="http://127.0.0.1:PORT",
    meaning="address people and partners use for the tower",
)
ALLOWED_HOSTS = env.listing(
    "ALLOWED_HOSTS",
    default=["127.0.0.1", "localhost", "[::1]", "testserver"],
    meaning="host names that may be asked for",
)
_public = urlsplit(PUBLIC_URL)
if _public.hostname and _public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public.hostname)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SOCKET_ORIGINS = [
    f"http://127.0.0.1:{PORT}",
    f"http://localhost:{PORT}",
    f"{_public.scheme}://{_public.netloc}",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "heroicons",
    "django_structlog",
    "django_prometheus",
    "apps.journal",
    "apps.accounts",
    "apps.mirror",
    "apps.shipments",
    "apps.approvals",
    "apps.exceptions",
    "apps.integrations",
    "apps.dashboards",
    "apps.portal",
    *([] if PRODUCTION else ["apps.demo"]),
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.journal.correlation.CorrelationMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.ViewerZoneMiddleware",
    "apps.accounts.idempotency.IdempotencyMiddleware",
    "apps.dashboards.security.ContentSecurityMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "controltower.urls"
WSGI_APPLICATION = "controltower.wsgi.application"
ASGI_APPLICATION = "controltower.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.dashboards.context.shell",
            ],
        },
    },
]

_engines = engines.urls(VAR)
DATABASE_URL = env.text(
    "DATABASE_URL",
    default=_engines.database_url,
    shown="its own, under var/",
    meaning="PostgreSQL 16 or later; empty: the tower starts its own",
)
REDIS_URL = env.text(
    "REDIS_URL",
    default=_engines.redis_url,
    shown="its own, under var/",
    meaning="Valkey 8 or Redis 7 and later; empty: the tower starts its own",
)
BROKER_URL = env.text(
    "BROKER_URL",
    default=engines.broker_url(REDIS_URL),
    shown="REDIS_URL",
    meaning="Celery's broker; empty: REDIS_URL",
)


def _database(url: str) -> dict[str, str]:
    """Django's words for a libpq address; a UNIX socket is `?host=/path`."""
    words = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    return {words[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in words}


DATABASES = {
    "default": {
        **_database(DATABASE_URL),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.number(
                    "DB_POOL",
                    default=20,
                    unit="connections per process",
                    meaning="size of the connection pool",
                ),
                "timeout": 10,
                "max_idle": 300,
            },
            "connect_timeout": 5,
            "options": "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=30000",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A Valkey that hangs is as good as one that is away: nobody waits for it longer than this.
_VALKEY_LIMITS = {"socket_connect_timeout": 2, "socket_timeout": 5}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, **_VALKEY_LIMITS}], "prefix": "live"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": dict(_VALKEY_LIMITS),
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "apps.accounts.adapter.ClosedSignup"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https")
    if env.flag(
        "TRUSTED_PROXY", default=False, meaning="a proxy in front sets X-Forwarded-Proto and -For"
    )
    else None
)
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.filebased.EmailBackend",
    meaning="Django or anymail backend that sends mail; default: files under var/mail",
)
EMAIL_FILE_PATH = VAR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text(
    "MAIL_FROM", default="tower@example.com", meaning="sender of the tower's mail"
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api_auth.TokenAuthentication",
        "apps.accounts.api_auth.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.accounts.api_paging.NewestFirst",
    "EXCEPTION_HANDLER": "apps.accounts.api_errors.problem",
    "PAGE_SIZE": 50,
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Control Tower",
    "DESCRIPTION": "Shipments, events, cases, approvals and messages of a logistics control tower on Odoo.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ShipmentKind": "apps.shipments.models.SHIPMENT_KINDS",
        "DocumentKind": "apps.shipments.models.DOCUMENT_KINDS",
        "HoldKind": "apps.approvals.models.HOLD_KINDS",
        "RequestKind": "apps.approvals.models.REQUEST_KINDS",
        "SupplyKind": "apps.shipments.models.SUPPLY_KINDS",
        "SubscriptionState": "apps.integrations.models.outgoing.SubscriptionState",
        "DeliveryState": "apps.integrations.models.outgoing.DeliveryState",
        "TryOutcome": "apps.integrations.models.outgoing.Outcome",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.integrations.openapi.describe_door",
        "apps.accounts.openapi.describe_keys",
        "apps.accounts.openapi_answers.describe_refusals",
    ],
}

CELERY = {
    "broker_url": BROKER_URL,
    "task_ignore_result": True,
    "task_acks_late": False,
    "worker_prefetch_multiplier": 1,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "visibility_timeout": 60,
    },
    "task_default_queue": "default",
    "task_routes": {
        "inbox.*": {"queue": "pipe"},
        "journal.*": {"queue": "journal"},
        "odoo.*": {"queue": "odoo"},
        # Beside Odoo's line, not the pipe. They only start threads (apps/integrations/threads.py) and return.
        "poll.*": {"queue": "odoo"},
    },
    "worker_hijack_root_logger": False,
    "timezone": "UTC",
    "beat_schedule_filename": str(VAR / "beat-schedule"),
    "beat_schedule": {
        "inbox": {"task": "inbox.drain", "schedule": 2.0, "options": {"expires": 4}},
        "mappings": {"task": "mappings.take_effect", "schedule": 15.0, "options": {"expires": 30}},
        "journal": {"task": "journal.drain", "schedule": 1.0, "options": {"expires": 3}},
        "odoo feed": {"task": "odoo.feed", "schedule": 5.0, "options": {"expires": 10}},
        # Asks the database whether a day has passed; only then Odoo.
        "odoo reconcile": {"task": "odoo.reconcile", "schedule": 60.0, "options": {"expires": 60}},
        "odoo discover": {"task": "odoo.discover", "schedule": 60.0, "options": {"expires": 60}},
        "odoo linked": {"task": "odoo.linked", "schedule": 15.0, "options": {"expires": 15}},
        "odoo commands": {"task": "odoo.commands", "schedule": 2.0, "options": {"expires": 5}},
        "clocks": {"task": "exceptions.sweep_clocks", "schedule": 15.0, "options": {"expires": 30}},
        # What a changed line of the ownership matrix means for what was told before.
        "judge again": {
            "task": "shipments.judge_again",
            "schedule": 15.0,
            "options": {"expires": 30},
        },
        "silence": {
            "task": "exceptions.sweep_silence",
            "schedule": 300.0,
            "options": {"expires": 240},
        },
        "facts": {"task": "facts.refresh", "schedule": 30.0, "options": {"expires": 30}},
        "learn": {"task": "shipments.learn", "schedule": 3600.0, "options": {"expires": 1800}},
        "partitions": {"task": "journal.make_partitions", "schedule": 3600.0},
        "refusals": {"task": "inbox.forget_refusals", "schedule": 3600.0},
        "jobs": {"task": "jobs.run", "schedule": 2.0, "options": {"expires": 4}},
        "api answers": {"task": "jobs.forget_answers", "schedule": 3600.0},
        "imported files": {"task": "jobs.forget_files", "schedule": 3600.0},
        "outgoing": {"task": "outgoing.deliver", "schedule": 1.0, "options": {"expires": 3}},
        "outgoing agents": {
            "task": "outgoing.agents",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "outgoing old": {"task": "outgoing.forget", "schedule": 3600.0},
        "poll": {"task": "poll.sweep", "schedule": 10.0, "options": {"expires": 10}},
        "partners heard": {"task": "poll.hear", "schedule": 60.0, "options": {"expires": 60}},
        "mail": {"task": "outbound.send", "schedule": 5.0, "options": {"expires": 10}},
    },
}

# How long the tower trusts its own clock against a partner's signature (FORMATS.md 0.6).
SIGNATURE_TOLERANCE_S = 300
TRUSTED_PROXIES: env.Networks = env.networks(
    "TRUSTED_PROXIES",
    meaning="proxies and gateways whose X-Forwarded-For and X-Client-Certificate are believed",
)
MAX_MESSAGE_BYTES = env.number(
    "MAX_MESSAGE_BYTES",
    default=5 * 1024 * 1024,
    unit="bytes",
    meaning="largest message after decompression",
)
IMPORT_MAX_BYTES = env.number(
    "IMPORT_MAX_BYTES",
    default=256 * 1024 * 1024,
    unit="bytes",
    meaning="largest file that is imported as many messages; a zip unpacked",
)
IMPORT_DIR = env.text(
    "IMPORT_DIR",
    default=str(VAR / "imports"),
    shown="imports under var/",
    meaning="folder of files that are being imported; shared by web and workers on several machines",
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
MAX_DOCUMENT_BYTES = 10 * 1024 * 1024

FLOW_SERVICE_LEVELS = env.counts(
    "FLOW_SERVICE_LEVELS",
    unit="flow=seconds,…",
    meaning="after how long a flow counts as behind, where that is not ours; /integrations/flows/ names the flows",
)

OUTGOING_ALLOW_PRIVATE = env.listing(
    "OUTGOING_ALLOW_PRIVATE",
    default=(),
    meaning="hosts that outgoing events and polls may reach inside your network, events also without TLS; *: all, never in production",
)

ODOO_URL = env.text(
    "ODOO_URL",
    default="",
    meaning="address of your Odoo: scheme, host and port, no path; empty: the sandbox is started and used",
)
SANDBOX_PORT = env.number(
    "SANDBOX_PORT", default=8069, unit="TCP port", meaning="where the sandbox listens"
)
SANDBOX = not ODOO_URL
ODOO: dict[str, Any] = {
    "url": ODOO_URL or f"http://127.0.0.1:{SANDBOX_PORT}",
    "db": env.text("ODOO_DB", default="odoo", meaning="database name in Odoo"),
    "user": env.text("ODOO_USER", default="tower", meaning="login of the service user in Odoo"),
    "secret": env.text(
        "ODOO_API_KEY",
        default="7041e5707041e5707041e5707041e5707041e570" if SANDBOX else "",
        shown="the sandbox's",
        meaning="API key of the service user in Odoo (before 20 its password does too)",
    ),
    "transport": env.choice(
        "ODOO_TRANSPORT",
        default="auto",
        choices=("auto", "json-rpc", "json-2"),
        meaning="how calls travel; auto: JSON-2 from Odoo 19 on where the key is accepted, else JSON-RPC",
    ).replace("auto", ""),
    "timeout_s": env.number(
        "ODOO_TIMEOUT_S", default=60, unit="seconds", meaning="limit of one call to Odoo"
    ),
    "open_interval_s": env.number(
        "ODOO_OPEN_INTERVAL_S",
        default=15,
        unit="seconds",
        meaning="how often open documents are asked for",
    ),
    "interval_s": env.number(
        "ODOO_INTERVAL_S", default=60, unit="seconds", meaning="how often other documents are"
    ),
    "master_interval_s": env.number(
        "ODOO_MASTER_INTERVAL_S", default=300, unit="seconds", meaning="how often master data is"
    ),
    "settle_s": env.number(
        "ODOO_SETTLE_S",
        default=130 if ODOO_URL else 5,
        unit="seconds",
        shown="130; 5 with the sandbox",
        meaning="after an unknown outcome: wait this long before looking; above Odoo's own limit of a request",
    ),
    "overlap_s": env.number(
        "ODOO_OVERLAP_S",
        default=600,
        unit="seconds",
        meaning="how far the change feed looks back; above Odoo's longest transaction",
    ),
    "reconcile_s": env.number(
        "ODOO_RECONCILE_S",
        default=3600,
        unit="seconds",
        meaning="how often ids and write dates of every record are compared with Odoo",
    ),
    "reconcile_at": env.text(
        "ODOO_RECONCILE_AT",
        default="02:30",
        unit="time of day, UTC",
        meaning="when every value is compared with Odoo, once a day",
    ),
}
if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", ODOO["reconcile_at"]):
    raise env.Misconfigured(
        "ODOO_RECONCILE_AT", f"{ODOO['reconcile_at']!r} is no time of day (HH:MM)"
    )
UNDO_WINDOW_S = env.number(
    "UNDO_WINDOW_S",
    default=5,
    unit="seconds",
    meaning="time to take a decision back before it goes to Odoo",
)

INBOUND_TOLERANCE_H = env.number(
    "INBOUND_TOLERANCE_H",
    default=24,
    unit="hours",
    meaning="how much later than first promised a purchase may come before it is a case",
)

CUSTOMS_HOLD_H = env.number(
    "CUSTOMS_HOLD_H",
    default=24,
    unit="hours",
    meaning="how long customs may hold goods before it is a case",
)
UNCONFIRMED_DISPATCH_H = env.number(
    "UNCONFIRMED_DISPATCH_H",
    default=24,
    unit="hours",
    meaning="how long after a dispatch the carrier may say nothing, until its usual time is known",
)
UNKNOWN_REFERENCE_MIN = env.number(
    "UNKNOWN_REFERENCE_MIN",
    default=60,
    unit="minutes",
    meaning="how long a reference that nobody knows waits for its record before it is a case",
)
ASN_TOLERANCE_PERCENT = env.decimal(
    "ASN_TOLERANCE_PERCENT",
    default=Decimal(0),
    unit="percent",
    meaning="how far a ship notice or a receipt may differ from the purchase, of the ordered quantity",
)
STOCK_TOLERANCE_PERCENT = env.decimal(
    "STOCK_TOLERANCE_PERCENT",
    default=Decimal(5),
    unit="percent",
    meaning="how large a stock adjustment is routine, of what was there",
)

TEAM_TIMEZONE = env.text(
    "TEAM_TIMEZONE",
    default="UTC",
    unit="IANA zone",
    meaning="clock of the working hours of teams that have no zone of their own yet (UTC); read by migrate",
)
if TEAM_TIMEZONE not in available_timezones():
    raise env.Misconfigured("TEAM_TIMEZONE", f"{TEAM_TIMEZONE!r} is no IANA time zone")

for _refused, _name, _why in (
    (SECRET_KEY == DEMO_SECRET_KEY, "SECRET_KEY", "the demo secret is refused in production"),
    (SANDBOX, "ODOO_URL", "the sandbox is refused in production; name your Odoo"),
    (DEBUG, "DEBUG", "refused in production"),
    (
        "*" in OUTGOING_ALLOW_PRIVATE,
        "OUTGOING_ALLOW_PRIVATE",
        "* is refused in production; name the hosts",
    ),
):
    if PRODUCTION and _refused:
        raise env.Misconfigured(_name, _why)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    # They tell whole addresses, and a partner's may hold its key.
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice(
            "LOG_LEVEL",
            "warning",
            choices=("debug", "info", "warning", "error"),
            meaning="least level that is logged",
        ).upper(),
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
DJANGO_STRUCTLOG_USER_ID_FIELD = None
