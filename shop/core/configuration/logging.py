"""What is logged where: no secret, card number, secret link or address of a person (`shop.core.privacy.redaction`)."""


def log_settings(level: str) -> dict[str, object]:
    """Return Django's LOGGING: everything from `level` on to the console, errors of production by mail to ADMINS."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "shop.core.privacy.masked_logs.MaskingFormatter",
                "format": "{asctime} {levelname:<7} {name}: {message}",
                "style": "{",
            }
        },
        "filters": {"production": {"()": "django.utils.log.RequireDebugFalse"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
            "mail_admins": {
                "class": "shop.core.privacy.masked_logs.MaskingAdminEmailHandler",
                "level": "ERROR",
                "filters": ["production"],
                "include_html": True,
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers do not mask; ours replace them.
            "django": {"handlers": ["mail_admins"], "level": "INFO"},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "httpx": {"level": "WARNING"},
        },
    }
