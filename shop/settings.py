"""Every setting of the shop, read from the environment (twelve-factor) or from `.env` beside `manage.py`.

Each key is in `.env.example` with its meaning. A value that is missing or malformed stops the start with a sentence
that says what to set (`shop.core.configuration.env`). With `DEBUG=on` the keys have development defaults; with
`DEBUG=off` secrets, hosts, database, broker and provider credentials have none.
"""

import os
import re
from datetime import timedelta
from decimal import Decimal
from email.utils import formataddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from orders import invoice_settings
from orders.shipping import carrier_settings
from payments import provider_settings
from shop.core.configuration import problems
from shop.core.configuration.countries import CURRENCIES, HOMES
from shop.core.configuration.env import Env
from shop.core.configuration.keys import derived_key
from shop.core.configuration.logging import log_settings
from shop.core.configuration.old_names import OLD_NAMES
from shop.core.mail.settings import mail_settings

# `ModelAdmin[Order]` and the like, which exist in Django's type stubs and not at run time.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(dotenv=Path(os.environ.get("PERCHA_DOTENV", BASE_DIR / ".env")))

DEBUG = env.flag("DEBUG", default=False)
env.development = DEBUG

# -- The shop ---------------------------------------------------------------------------------------------------
SHOP_NAME = env.name("SHOP_NAME", default="MAAL Line", development_only=True)
SHOP_LEGAL_NAME = env.name("SHOP_LEGAL_NAME", default=SHOP_NAME)
SHOP_TAX_ID = env.text("SHOP_TAX_ID", default="")
SHOP_ADDRESS = env.text("SHOP_ADDRESS", default="")
SHOP_EMAIL = env.email("SHOP_EMAIL", default="hola@example.com", development_only=True)
SHOP_COUNTRY = env.choice("SHOP_COUNTRY", choices=tuple(HOMES), default="AR", development_only=True)
SHOP_CURRENCY = env.choice("SHOP_CURRENCY", choices=CURRENCIES, default=HOMES[SHOP_COUNTRY].currency)
WHATSAPP_NUMBER = env.digits("WHATSAPP_NUMBER", default="")
SITE_URL = env.url("SITE_URL", default="http://127.0.0.1:8000", development_only=True).rstrip("/")
DATA_DIR = env.path("PERCHA_DATA_DIR", default=BASE_DIR / ".data")

# -- Stock and checkout clocks ----------------------------------------------------------------------------------
RESERVE_ON = env.choice("RESERVE_ON", choices=("cart", "checkout"), default="cart")
RESERVATION_TTL = timedelta(seconds=env.seconds("RESERVATION_TTL", default=15 * 60, minimum=5))
RESERVATION_MAX_AGE = timedelta(seconds=env.seconds("RESERVATION_MAX_AGE", default=60 * 60, minimum=5))
CHECKOUT_TTL = timedelta(seconds=env.seconds("CHECKOUT_TTL", default=60 * 60, minimum=5))
PAYMENT_TTL = timedelta(seconds=env.seconds("PAYMENT_TTL", default=35 * 60, minimum=5))
CASH_VOUCHER_TTL = timedelta(seconds=env.seconds("CASH_VOUCHER_TTL", default=3 * 24 * 3600, minimum=5))
RESERVATION_MARGIN = timedelta(seconds=env.seconds("RESERVATION_MARGIN", default=12 * 60, minimum=5))
PAYMENT_TTLS = env.clocks("PAYMENT_TTLS")
CASH_VOUCHER_TTLS = env.clocks("CASH_VOUCHER_TTLS")
RESERVATION_MARGINS = env.clocks("RESERVATION_MARGINS")
CASH_VOUCHER_STOCK_SHARE = env.whole("CASH_VOUCHER_STOCK_SHARE", default=50, minimum=0, maximum=100)
WAITING_CLAIM_TTL = timedelta(seconds=env.seconds("WAITING_CLAIM_TTL", default=2 * 3600, minimum=60))
DURABLE_RESERVATIONS = env.flag("DURABLE_RESERVATIONS", default=False)
# How many units of goods in a drop one source may reserve at once (docs/drops.md has the reasons).
RESERVATION_LIMITS = env.choice("RESERVATION_LIMITS", choices=("drops", "always"), default="drops")
RESERVED_PER_CART = env.whole("RESERVED_PER_CART", default=5, minimum=1, maximum=100_000)
RESERVED_PER_ACCOUNT = env.whole("RESERVED_PER_ACCOUNT", default=5, minimum=1, maximum=100_000)
RESERVED_PER_EMAIL = env.whole("RESERVED_PER_EMAIL", default=5, minimum=1, maximum=100_000)
RESERVED_PER_IP = env.whole("RESERVED_PER_IP", default=5, minimum=1, maximum=100_000)
RESERVED_PER_NETWORK = env.whole("RESERVED_PER_NETWORK", default=10, minimum=1, maximum=100_000)
RESERVED_SHARE_PER_IP = env.whole("RESERVED_SHARE_PER_IP", default=10, minimum=0, maximum=100)
RESERVED_SHARE_PER_NETWORK = env.whole("RESERVED_SHARE_PER_NETWORK", default=20, minimum=0, maximum=100)
RESERVED_SIGNED_IN_FACTOR = env.whole("RESERVED_SIGNED_IN_FACTOR", default=2, minimum=1, maximum=100)
RESERVATION_PAUSE = timedelta(seconds=env.seconds("RESERVATION_PAUSE", default=5 * 60, minimum=0))
GUEST_DROP_TTL = timedelta(seconds=env.seconds("GUEST_DROP_TTL", default=10 * 60, minimum=5))
GUEST_DROP_MAX_AGE = timedelta(seconds=env.seconds("GUEST_DROP_MAX_AGE", default=30 * 60, minimum=5))
CASH_VOUCHERS_PER_BUYER = env.whole("CASH_VOUCHERS_PER_BUYER", default=2, minimum=0, maximum=100_000)
CASH_VOUCHERS_PER_IP = env.whole("CASH_VOUCHERS_PER_IP", default=2, minimum=0, maximum=100_000)
CASH_VOUCHERS_PER_NETWORK = env.whole("CASH_VOUCHERS_PER_NETWORK", default=4, minimum=0, maximum=100_000)
RESERVED_ALERT_SHARE = env.whole("RESERVED_ALERT_SHARE", default=20, minimum=1, maximum=100)
CART_MAX_LINES = env.whole("CART_MAX_LINES", default=50, minimum=1, maximum=95)
LOW_STOCK_HINT = env.whole("LOW_STOCK_HINT", default=2, minimum=0, maximum=100)
CATALOGUE_CHECKED_EVERY = env.whole("CATALOGUE_CHECKED_EVERY", default=1, minimum=0, maximum=30)
COUNT_SECOND_PERSON_UNITS = env.whole("COUNT_SECOND_PERSON_UNITS", default=10, minimum=0, maximum=1_000_000)
# 120000 is in the demo's pesos: in production the default is 0, since the amount is a promise to buyers.
_PROMISE = Decimal(120000 if DEBUG else 0)
FREE_SHIPPING_FROM = env.money("FREE_SHIPPING_FROM", default=_PROMISE, currency=SHOP_CURRENCY)

# -- The shop's own instalments ------------------------------------------------------------------------------
INSTALLMENT_FIRST_TTL = timedelta(seconds=env.seconds("INSTALLMENT_FIRST_TTL", default=48 * 3600, minimum=60))
INSTALLMENT_MAX_PLANS = env.whole("INSTALLMENT_MAX_PLANS", default=3, minimum=0, maximum=1000)
INSTALLMENT_MAX_EXPOSURE = env.money("INSTALLMENT_MAX_EXPOSURE", default=Decimal(0), currency=SHOP_CURRENCY)
INSTALLMENT_SHOP_CEILING = env.money("INSTALLMENT_SHOP_CEILING", default=Decimal(0), currency=SHOP_CURRENCY)
INSTALLMENT_MOVE_DAYS = env.whole("INSTALLMENT_MOVE_DAYS", default=15, minimum=0, maximum=60)
INSTALLMENT_REMIND_DAYS = env.numbers(
    "INSTALLMENT_REMIND_DAYS", default=[-3, 0, 4, 10, 30], minimum=-60, maximum=365
)

# -- Exchanges ------------------------------------------------------------------------------------------------
EXCHANGE_PAY_DAYS = env.whole("EXCHANGE_PAY_DAYS", default=3, minimum=1, maximum=30)
EXCHANGE_GRACE_DAYS = env.whole("EXCHANGE_GRACE_DAYS", default=7, minimum=0, maximum=60)
EXCHANGE_ADVANCE = env.flag("EXCHANGE_ADVANCE", default=False)

# -- Carriers ---------------------------------------------------------------------------------------------------
CARRIER_TIMEOUT = env.whole("CARRIER_TIMEOUT", default=15, minimum=1, maximum=60)
CARRIER_PAGE_SECONDS = env.whole("CARRIER_PAGE_SECONDS", default=3, minimum=1, maximum=30)
CARRIER_CALLS_EACH = env.whole("CARRIER_CALLS_EACH", default=2, minimum=1, maximum=1000)
CARRIER_CALLS_IN_ALL = env.whole("CARRIER_CALLS_IN_ALL", default=2, minimum=1, maximum=1000)
# From where parcels are sent, and by whom.
SHIPPING_ORIGIN_POSTAL_CODE = env.text("SHIPPING_ORIGIN_POSTAL_CODE", default="1414" if DEBUG else "")
SHIPPING_ORIGIN_STATE = env.text(
    "SHIPPING_ORIGIN_STATE", default="Ciudad Autónoma de Buenos Aires" if DEBUG else ""
)
SHIPPING_ORIGIN_CITY = env.text("SHIPPING_ORIGIN_CITY", default="CABA" if DEBUG else "")
SHIPPING_ORIGIN_STREET = env.text("SHIPPING_ORIGIN_STREET", default="Av. Inventada 1200" if DEBUG else "")
SHIPPING_SENDER_NAME = env.text("SHIPPING_SENDER_NAME", default="")
SHIPPING_SENDER_PHONE = env.text("SHIPPING_SENDER_PHONE", default="1155550100" if DEBUG else "")
SHIPPING_SENDER_DOCUMENT = env.text("SHIPPING_SENDER_DOCUMENT", default="30700000008" if DEBUG else "")
# A product without a weight weighs so much; a parcel without known sizes is so large, and none is heavier.
SHIPPING_DEFAULT_WEIGHT_GRAMS = env.whole(
    "SHIPPING_DEFAULT_WEIGHT_GRAMS", default=500, minimum=1, maximum=100_000
)
SHIPPING_PARCEL_LENGTH_MM = env.whole("SHIPPING_PARCEL_LENGTH_MM", default=350, minimum=10, maximum=5000)
SHIPPING_PARCEL_WIDTH_MM = env.whole("SHIPPING_PARCEL_WIDTH_MM", default=280, minimum=10, maximum=5000)
SHIPPING_PARCEL_HEIGHT_MM = env.whole("SHIPPING_PARCEL_HEIGHT_MM", default=100, minimum=10, maximum=5000)
SHIPPING_PARCEL_MAX_GRAMS = env.whole(
    "SHIPPING_PARCEL_MAX_GRAMS", default=25_000, minimum=100, maximum=1_000_000
)
SHIPPING_CONTENT = env.text("SHIPPING_CONTENT", default="Indumentaria")
# For how long a carrier's price is kept, and for how long after that it stands in for a carrier that does not answer.
SHIPPING_QUOTE_TTL = env.seconds("SHIPPING_QUOTE_TTL", default=1800, minimum=60)
SHIPPING_QUOTE_GRACE = env.seconds("SHIPPING_QUOTE_GRACE", default=86_400, minimum=0)

# -- Payments ---------------------------------------------------------------------------------------------------
PAYMENT_DISCOUNTS = env.percents("PAYMENT_DISCOUNTS")
PAYMENT_GATEWAYS = env.words("PAYMENT_GATEWAYS", default=["mercadopago", "stripe"], empty_counts=not DEBUG)
PAYMENT_LIMITS = env.ranges("PAYMENT_LIMITS")
PAYMENT_TIMEOUT = env.whole("PAYMENT_TIMEOUT", default=10, minimum=1, maximum=30)
PAYMENT_PAGE_SECONDS = env.whole("PAYMENT_PAGE_SECONDS", default=4, minimum=1, maximum=30)
PAYMENT_CALLS_PER_PROVIDER = env.whole("PAYMENT_CALLS_PER_PROVIDER", default=2, minimum=1, maximum=1000)
PAYMENT_CALLS_IN_ALL = env.whole("PAYMENT_CALLS_IN_ALL", default=3, minimum=1, maximum=1000)
PAYMENT_CALLS_AT_ONCE = env.whole("PAYMENT_CALLS_AT_ONCE", default=50, minimum=1, maximum=1000)
PAYMENT_BREAKER_FAILURES = env.whole("PAYMENT_BREAKER_FAILURES", default=4, minimum=1, maximum=1_000_000)
PAYMENT_BREAKER_PAUSE = env.seconds("PAYMENT_BREAKER_PAUSE", default=15, minimum=1)
WEBHOOK_RATE = env.whole("WEBHOOK_RATE", default=3000, minimum=1, maximum=1_000_000)
# Days before a dispute's deadline at which the staff is reminded of it.
DISPUTE_REMINDER_DAYS = env.numbers("DISPUTE_REMINDER_DAYS", default=[3, 1], minimum=1, maximum=30)
WEBHOOK_KEEP_DAYS = env.whole("WEBHOOK_KEEP_DAYS", default=90, minimum=20, maximum=3650)
WEBHOOK_KEEP_FAILED_DAYS = env.whole("WEBHOOK_KEEP_FAILED_DAYS", default=365, minimum=20, maximum=3650)
PROVIDER_LIST_EVERY = timedelta(seconds=env.seconds("PROVIDER_LIST_EVERY", default=24 * 3600, minimum=300))
PROVIDER_LIST_OVERLAP = timedelta(seconds=env.seconds("PROVIDER_LIST_OVERLAP", default=48 * 3600, minimum=0))
WEBHOOK_SILENCE_HOURS = env.whole("WEBHOOK_SILENCE_HOURS", default=6, minimum=1, maximum=720)
PAYOUT_REPORT_DAYS = env.whole("PAYOUT_REPORT_DAYS", default=35, minimum=1, maximum=365)
SANDBOX_ENABLED = env.flag("SANDBOX_ENABLED", default=DEBUG)
if SANDBOX_ENABLED and not DEBUG:
    env.refuse("SANDBOX_ENABLED", "must be off when DEBUG is off: no real money would move.")
SANDBOX_MP_SIGNATURE_UNIT = env.choice("SANDBOX_MP_SIGNATURE_UNIT", choices=("s", "ms"), default="s")
SANDBOX_URL = env.url("SANDBOX_URL", default="http://127.0.0.1:8002").rstrip("/") if SANDBOX_ENABLED else ""
# Each carrier's own keys (`orders/shipping/carrier_settings/`), and each provider's (`payments/provider_settings/`).
globals().update(carrier_settings.read(env, sandbox_url=SANDBOX_URL))
globals().update(provider_settings.read(env, offered=PAYMENT_GATEWAYS, sandbox_url=SANDBOX_URL))

# -- Invoices (docs/invoices.md) ---------------------------------------------------------------------------------
globals().update(
    invoice_settings.read(env, tax_id=SHOP_TAX_ID, sandbox_url=SANDBOX_URL, folder=DATA_DIR / "arca")
)

# -- Webhooks that the shop sends (docs/webhooks.md) ---------------------------------------------------------------
OUTGOING_WEBHOOK_TIMEOUT = env.whole("OUTGOING_WEBHOOK_TIMEOUT", default=10, minimum=1, maximum=30)
OUTGOING_WEBHOOK_PORTS = env.numbers("OUTGOING_WEBHOOK_PORTS", default=[443, 8443], minimum=1, maximum=65535)
OUTGOING_WEBHOOK_DEAD_LIMIT = env.whole("OUTGOING_WEBHOOK_DEAD_LIMIT", default=5, minimum=1, maximum=10_000)
OUTGOING_WEBHOOK_OVERLAP = timedelta(
    hours=env.whole("OUTGOING_WEBHOOK_OVERLAP_HOURS", default=24, minimum=0, maximum=720)
)
OUTGOING_WEBHOOK_KEEP = timedelta(
    days=env.whole("OUTGOING_WEBHOOK_KEEP_DAYS", default=30, minimum=5, maximum=365)
)

# -- Bank data of manual refunds, and what people may ask us to forget -------------------------------------------
BANK_DATA_LINK_TTL = timedelta(days=env.whole("BANK_DATA_LINK_DAYS", default=30, minimum=1, maximum=90))
BANK_DATA_REMIND = timedelta(days=env.whole("BANK_DATA_REMIND_DAYS", default=3, minimum=1, maximum=30))
BANK_DATA_KEEP = timedelta(days=env.whole("BANK_DATA_KEEP_DAYS", default=10, minimum=0, maximum=90))
ERASURE_QUIET = timedelta(days=env.whole("ERASURE_QUIET_DAYS", default=60, minimum=0, maximum=365))

# -- Django -----------------------------------------------------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY", development="development-key-never-used-with-debug-off-" + "x" * 20)
# The keys of bank data and one-time links (`shop.core.privacy.vault`): the first encrypts, every one decrypts.
DATA_KEYS = env.words("DATA_KEYS", default=["development-data-key-never-used-with-debug-off"], secret=True)
HEALTH_TOKEN = env.text("HEALTH_TOKEN", default="")
# Signs the API's tokens; without a key of their own, one derived from SECRET_KEY, which also signs the sessions.
API_TOKEN_KEY = env.text("API_TOKEN_KEY", default="")
API_ACCESS_TOKEN_SECONDS = env.whole("API_ACCESS_TOKEN_SECONDS", default=300, minimum=30, maximum=3600)
API_REFRESH_TOKEN_DAYS = env.whole("API_REFRESH_TOKEN_DAYS", default=30, minimum=1, maximum=365)
API_CORS_ORIGINS = env.words("API_CORS_ORIGINS", default=[])
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "testserver"], development_only=True
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
    "anymail",
    "corsheaders",
    "csp",
    "django_htmx",
    "pgtrigger",
    "treebeard",
    "import_export",
    "ninja",
    "shop.core",
    "shop.accounts",
    "catalog",
    "inventory",
    "orders",
    "payments",
    "shop.reports",
    "shop.demo",
    "shop.sandbox",
]

MIDDLEWARE = [
    # First: it repeats answers with all that the others have added.
    "shop.core.api.unchanged.UnchangedAnswers",
    "shop.core.shared_pages.middleware.SharedPages",
    "shop.core.api.cors.ApiCors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.core.pictures.media.ServeMedia",
    "shop.core.api.middleware.ApiRequests",
    "shop.core.web.content_policy.ShopPolicy",
    "shop.core.backoffice.content_policy.AdminPolicy",
    "shop.core.web.busy_page.DatabaseTimeouts",
    "shop.core.web.middleware.RefuseBadText",
    "shop.core.web.methods.RefuseWrongMethods",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.core.api.middleware.Languages",
    "django.middleware.common.CommonMiddleware",
    "shop.core.web.own_forms.OwnForms",
    "shop.core.web.middleware.VisitorOfSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shop.core.shared_pages.messages.MessagesOnOwnCopies",
    "orders.cart.badge.CartBadge",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "shop.accounts.api.sign_in_requests.SignInRequests",
    "shop.core.web.middleware.KnownVisitor",
    "shop.accounts.devices.SeenDevices",
    "shop.accounts.staff.second_step.RequireSecondStep",
    "django_htmx.middleware.HtmxMiddleware",
    "shop.core.web.middleware.ShopNotFound",
]
# Its `CsrfViewMiddleware` is there as `OwnForms`, which is derived from it.
SILENCED_SYSTEM_CHECKS = ["security.W003"]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Plain widgets are written without templates.
FORM_RENDERER = "shop.core.user_input.flat_widgets.FlatRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "shop.core.web.form_tokens.form_token",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.core.web.context.shop",
                "catalog.context.navigation",
                "orders.cart.context.cart_summary",
                "payments.context.financed",
            ],
            "loaders": [
                (
                    "shop.core.web.template_functions.loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ]
            if not DEBUG
            else [
                "django.template.loaders.filesystem.Loader",
                "django.template.loaders.app_directories.Loader",
            ],
        },
    }
]

# Few, persistent connections: throughput on one hot row falls as connections rise.
# Server-side cursors and psycopg's own prepared statements are off so that a transaction-pooling PgBouncer may be used.
DATABASES = {
    "default": env.database("DATABASE_URL", development="postgres://postgres@127.0.0.1:54325/percha")
    | {
        "ENGINE": "shop.core.database.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"prepare_threshold": None, "connect_timeout": 5}
        # The embedded server's password, written by `make run`, so that `manage.py` can use it.
        | ({"passfile": str(DATA_DIR / "pgpass")} if DEBUG else {}),
    }
}
# Where the catalogue is read from when there is one (`shop.core.database.replica`). A machine that has vanished costs a
# page two seconds, once in a while.
if _replica := env.database("DATABASE_REPLICA_URL"):
    _primary: dict[str, Any] = DATABASES["default"]
    DATABASES["replica"] = (
        _primary
        | _replica
        | {"ENGINE": _primary["ENGINE"]}
        | {"OPTIONS": _primary["OPTIONS"] | {"connect_timeout": 2, "tcp_user_timeout": 2000}}
        | {"TEST": {"MIRROR": "default"}}
    )
DATABASE_ROUTERS = ["shop.core.database.replica.CatalogueReads"] if "replica" in DATABASES else []
# Time limits of the database (`shop.core.database.timeouts`): the shop's pages; the staff and jobs.
DATABASE_TIMEOUTS = env.limits("DATABASE_TIMEOUTS", default={"lock": 3, "statement": 15, "idle": 30})
DATABASE_LONG_TIMEOUTS = env.limits(
    "DATABASE_LONG_TIMEOUTS", default={"lock": 30, "statement": 600, "idle": 120}
)
DATABASE_TIMEOUTS_IN_ROLE = env.flag("DATABASE_TIMEOUTS_IN_ROLE", default=True)
# Plans of statements are kept by a connection, unless a pooler is seen behind its address.
DATABASE_KEEP_PLANS = env.flag("DATABASE_KEEP_PLANS", default=True)
REDIS_URL = env.redis("REDIS_URL", development="redis://127.0.0.1:63795/0")
# For how long a page waits for Redis, in seconds; then the process leaves it alone for a while (`shop.core.redis_absence`).
CACHE_TIMEOUT = env.whole("CACHE_TIMEOUT", default=500, minimum=50, maximum=4000) / 1000
CACHES = {
    "default": {
        "BACKEND": "shop.core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "percha",
        "OPTIONS": {"socket_timeout": CACHE_TIMEOUT, "socket_connect_timeout": CACHE_TIMEOUT},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:overview"
LOGOUT_REDIRECT_URL = "catalog:home"
ACCOUNT_ADAPTER = "shop.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# A code typed into the open page: nobody can sign up with another's address, and a sign-up does not reveal who has an
# account (with optional verification it would). Accounts made by staff or a command are confirmed.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE_URL.startswith("https://") else "http"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "confirm_email": "1/3m/key",
}
MFA_ADAPTER = "shop.accounts.staff.encrypted_second_steps.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# The back office requires a second step of signing in (`shop.accounts.staff.second_step`).
STAFF_MFA_REQUIRED = env.flag("STAFF_MFA_REQUIRED", default=not DEBUG)
# A colon would end the issuer's name (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
MFA_TOTP_ISSUER = SHOP_NAME.replace(":", "")

# Tokens of the API (`shop.accounts.api`): every request looks up its session, so that ending one takes effect at once.
# Whoever checks a token is the shop itself, so one secret key signs and checks (HS256). Links in mails lead to the
# shop's own pages, whichever client asked for them.
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "shop.accounts.api.tokens.RotatingTokens"  # noqa: S105
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_PRIVATE_KEY = API_TOKEN_KEY or derived_key(SECRET_KEY, "tokens of the API")
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = API_ACCESS_TOKEN_SECONDS
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = API_REFRESH_TOKEN_DAYS * 24 * 3600
# Pages of other origins that may call the API, with a token and never with cookies.
CORS_ALLOWED_ORIGINS = API_CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "cart-token",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-email-verification-key",
    "x-password-reset-key",
    "x-session-token",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Link",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Idempotent-Replayed",
    "Cart-Token",
    "Preference-Applied",
]

# -- Mail: rows first (`shop.core.mail.outbox`), sent by a job ----------------------------------------------------------
globals().update(mail_settings(env, folder=DATA_DIR / "mails"))
DEFAULT_FROM_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", default=formataddr((SHOP_NAME, SHOP_EMAIL)))
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Who is mailed uncaught errors.
ADMINS = env.people("ADMINS")

# -- Words, clocks ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English")), ("pt-br", _("Brazilian Portuguese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "shop.formats"
USE_TZ = True
TIME_ZONE = env.timezone("TIME_ZONE", default=HOMES[SHOP_COUNTRY].time_zone)

# -- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "shop.core.web.stylesheet.JoinedSheet",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=DATA_DIR / "media")
if any(kept == MEDIA_ROOT or MEDIA_ROOT in kept.parents for kept in (BASE_DIR, DATA_DIR)):
    env.refuse("MEDIA_ROOT", "must be a folder of its own: whatever lies in it can be read by everybody.")
# A bucket of the S3 API instead of the folder, for a shop on several machines (docs/scaling.md).
MEDIA_BUCKET = env.text("MEDIA_BUCKET", default="")
MEDIA_BUCKET_ENDPOINT = env.text("MEDIA_BUCKET_ENDPOINT", default="")
MEDIA_BUCKET_REGION = env.text("MEDIA_BUCKET_REGION", default="")
MEDIA_BUCKET_KEY = env.text("MEDIA_BUCKET_KEY", default="")
MEDIA_BUCKET_SECRET = env.text("MEDIA_BUCKET_SECRET", default="")
if MEDIA_BUCKET and not (find_spec("storages") and find_spec("boto3")):
    env.refuse("MEDIA_BUCKET", "needs two packages more: pip install -r requirements/s3.txt")
# Limits of an uploaded picture (`shop.core.pictures`), and its longest side in pixels as stored.
PICTURE_MAX_BYTES = env.whole("PICTURE_MAX_MB", default=25, minimum=1, maximum=200) * 1024 * 1024
PICTURE_MAX_PIXELS = env.whole("PICTURE_MAX_MEGAPIXELS", default=50, minimum=1, maximum=400) * 1_000_000
VIDEO_MAX_BYTES = env.whole("VIDEO_MAX_MB", default=30, minimum=1, maximum=500) * 1024 * 1024
PICTURE_MAX_SIDE = env.whole("PICTURE_MAX_SIDE", default=3000, minimum=800, maximum=8000)
PICTURE_MEMORY_MB = env.whole("PICTURE_MEMORY_MB", default=1024, minimum=512, maximum=16384)
PICTURE_SECONDS = env.whole("PICTURE_SECONDS", default=20, minimum=2, maximum=120)
STORAGES = {
    "default": {
        "BACKEND": "shop.core.pictures.bucket.MediaBucket"
        if MEDIA_BUCKET
        else "shop.core.pictures.folder.MediaFolder"
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = False

# -- Jobs -------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = TIME_ZONE

# -- Safety -----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    # The back office has a stricter one of its own (`shop.core.backoffice.content_policy`).
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        # Chromium applies form-action to the redirect that follows a form: the pay button ends at the provider.
        "form-action": [SELF, *provider_settings.pages(PAYMENT_GATEWAYS), *filter(None, [SANDBOX_URL])],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
MESSAGE_STORAGE = "shop.core.web.message_cookies.Messages"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_HSTS_SECONDS = env.whole(
    "SECURE_HSTS_SECONDS", default=0 if DEBUG else 31536000, minimum=0, maximum=10**9
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# The visitor's address (`shop.core.web.visitors`): used by all our limits and, through the adapter, by allauth's.
TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXY_COUNT", default=0, minimum=0, maximum=10)
if BEHIND_PROXY and not TRUSTED_PROXY_COUNT:
    env.refuse(
        "TRUSTED_PROXY_COUNT",
        "is not set while BEHIND_PROXY is on: all visitors would be one. Say how many proxies append to X-Forwarded-For.",
    )
if TRUSTED_PROXY_COUNT and not BEHIND_PROXY:
    env.refuse("TRUSTED_PROXY_COUNT", "is set while BEHIND_PROXY is off: anybody could claim any address.")
# How purchases of the client contract (`/api/ventas/`, `/api/sales/`) reach their buyer: a shipping method's code, or
# "pickup": fetched at the shop.
CLIENT_API_SHIPPING_METHOD = env.text("CLIENT_API_SHIPPING_METHOD", default="pickup")
if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", CLIENT_API_SHIPPING_METHOD):
    env.refuse("CLIENT_API_SHIPPING_METHOD", "must be the code of a shipping method, or pickup.")
API_REQUESTS_PER_MINUTE = env.whole("API_REQUESTS_PER_MINUTE", default=600, minimum=1, maximum=1_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "shop.core.web.uploads.UnnamedFileUploadHandler",
]
CSRF_FAILURE_VIEW = "shop.core.backoffice.error_pages.stale_form"
PGTRIGGER_MIGRATIONS = True
PGTRIGGER_SCHEMA_EDITOR = False

LOGGING = log_settings(env.choice("LOG_LEVEL", choices=("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"))
DEFAULT_EXCEPTION_REPORTER = "shop.core.privacy.error_reports.MaskingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "shop.core.privacy.error_reports.MaskingReporterFilter"

from shop.admin_site import UNFOLD  # noqa: E402,F401  (reads names defined above only lazily)

env.refuse_old_names(OLD_NAMES)
for _key, _sentence in (
    *problems.problems(globals(), gateways=BASE_DIR / "payments" / "gateways"),
    *carrier_settings.problems(globals()),
    *provider_settings.problems(globals()),
    *invoice_settings.problems(globals()),
):
    env.refuse(_key, _sentence, unless_set=True)
env.finish()
