"""System checks: contradictory settings are errors at the start, not during a sale."""

import os
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.files.storage import default_storage
from django.db import DatabaseError

from shop.core.database import timeouts
from shop.core.translations import compilation
from shop.core.user_input.payable_amounts import unpayable


@register(Tags.security)
def check_sandbox(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Refuse the payment sandbox with DEBUG off, and provider addresses that are not https."""
    found: list[CheckMessage] = []
    if not settings.DEBUG and settings.SANDBOX_ENABLED:
        found.append(
            Error("SANDBOX_ENABLED is on while DEBUG is off: no real money would move.", id="percha.E001")
        )
    for key in sorted(name for name in dir(settings) if name.endswith("_API_BASE")):
        base = getattr(settings, key)
        if base and not settings.DEBUG and not base.startswith("https://"):
            found.append(
                Error(f"{key} must be empty or start with https:// when DEBUG is off.", id="percha.E002")
            )
    return found


@register(Tags.security)
def check_visitors(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Refuse a shop behind proxies that cannot tell its visitors apart, and one that trusts any client's header."""
    found: list[CheckMessage] = []
    behind, count = settings.SECURE_PROXY_SSL_HEADER is not None, settings.TRUSTED_PROXY_COUNT
    if behind and not count:
        found.append(
            Error(
                "BEHIND_PROXY is on and TRUSTED_PROXY_COUNT is not set: all visitors are one.",
                id="percha.E031",
            )
        )
    if count and not behind:
        found.append(
            Error(
                "TRUSTED_PROXY_COUNT is set and BEHIND_PROXY is off: addresses can be forged.",
                id="percha.E032",
            )
        )
    return found


@register(Tags.translation)
def check_catalogues(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn of languages whose sentences were not compiled: pages would mix them with English."""
    missing = compilation.uncompiled()
    if not missing:
        return []
    text = f"The translations into {', '.join(missing)} are not compiled: pages speak English in part."
    return [Caution(text, hint="Run `python -m shop.core.translations.compilation`.", id="percha.W017")]


@register()
def check_clocks(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Refuse contradictory durations: a reservation must not last longer than its own limit."""
    found: list[CheckMessage] = []
    if settings.RESERVATION_MAX_AGE < settings.RESERVATION_TTL:
        found.append(Error("RESERVATION_MAX_AGE is shorter than RESERVATION_TTL.", id="percha.E003"))
    return found


@register(Tags.database)
def check_timeouts(app_configs: object, databases: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn when the role has no limits of its own: one forgotten transaction could stop all selling."""
    if settings.DEBUG or not databases:
        return []
    try:
        missing = timeouts.missing_of_role()
    except DatabaseError as error:
        return [Caution(f"The database did not answer: {error}", id="percha.W010")]
    if not missing:
        return []
    words = f"The database role has no {', '.join(missing)}: a shopper may wait for ever."
    return [Caution(words, hint="Run `manage.py set_timeouts` (docs/operations.md).", id="percha.W011")]


@register(Tags.security, deploy=True)
def check_admins(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Require ADMINS, who are mailed errors."""
    if settings.ADMINS:
        return []
    return [
        Caution(
            "ADMINS is empty: errors that nobody has caught reach nobody.",
            hint="ADMINS=Ana <ana@example.com>, ops@example.com",
            id="percha.W012",
        )
    ]


@register(Tags.security, deploy=True)
def check_seller(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Require what identifies the seller in footer and mails: consumer law demands name, number and address."""
    missing = [key for key in ("SHOP_TAX_ID", "SHOP_ADDRESS") if not getattr(settings, key)]
    if not missing:
        return []
    words = f"{' and '.join(missing)} not set: buyers are not told who the seller is, as consumer law asks."
    return [Caution(words, hint="See .env.example.", id="percha.W015")]


@register(Tags.security, deploy=True)
def check_mail(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn of a mail backend that sends nothing."""
    silent = ("dummy", "console", "locmem", "filebased")
    if not any(settings.EMAIL_BACKEND.startswith(f"django.core.mail.backends.{name}.") for name in silent):
        return []
    return [Caution(f"EMAIL_BACKEND ({settings.EMAIL_BACKEND}) sends no mail.", id="percha.W013")]


@register(Tags.database)
def check_amounts(app_configs: object, databases: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn of amounts that nobody can pay; run by `migrate` and by `check --database default`."""
    if not databases:
        return []
    try:
        found = list(unpayable(most=1))
    except DatabaseError:
        return []  # The tables do not exist yet.
    if not found:
        return []
    one = found[0]
    return [
        Caution(
            f"Amounts have more decimals than {settings.SHOP_CURRENCY} takes, so providers refuse them; the first is "
            f"{one.field} {one.amount} of {one.words}.",
            hint="`manage.py amounts_with_decimals` lists them all.",
            id="percha.W014",
        )
    ]


def _check_bucket() -> list[CheckMessage]:
    try:
        default_storage.exists("shop/is-it-there")
    except Exception as error:  # noqa: BLE001  (the store's library raises many kinds, all of which say the same here)
        words = f"The bucket for pictures, {settings.MEDIA_BUCKET}, does not answer: {error}"
        hint = "Set MEDIA_BUCKET and the keys beside it (.env.example, docs/scaling.md)."
        return [Caution(words, hint=hint, id="percha.W023")]
    return []


@register(Tags.security, deploy=True)
def check_media(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn when pictures cannot be stored or served: no folder, no right to write, a folder that an update replaces."""
    if settings.MEDIA_BUCKET:
        return _check_bucket()
    root = Path(settings.MEDIA_ROOT)
    hint = "Set MEDIA_ROOT (.env.example, docs/media.md)."
    if not root.is_dir():
        return [Caution(f"The folder for pictures, {root}, does not exist.", hint=hint, id="percha.W020")]
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return [
            Caution(f"The folder for pictures, {root}, cannot be written to.", hint=hint, id="percha.W021")
        ]
    if root.is_relative_to(settings.BASE_DIR):
        words = f"The folder for pictures, {root}, lies within the program: a new version may take its place."
        return [Caution(words, hint=hint, id="percha.W022")]
    return []
