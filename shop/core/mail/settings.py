"""Mail settings: the backend and the server's address, read from the environment."""

from pathlib import Path

from shop.core.configuration.env import Env

OURS = "shop.core.mail.smtp.EmailBackend"


def mail_settings(env: Env, *, folder: Path) -> dict[str, object]:
    """Return Django's EMAIL_… settings by name; the file-based backend writes into `folder` (the demo's mails)."""
    uses_ssl = env.flag("EMAIL_USE_SSL", default=False)
    uses_tls = env.flag("EMAIL_USE_TLS", default=not env.development and not uses_ssl)
    if uses_tls and uses_ssl:
        env.refuse(
            "EMAIL_USE_SSL",
            "and EMAIL_USE_TLS are both on; a server speaks one of them: SSL is TLS from the first byte (port 465), "
            "TLS begins in the clear and changes over (STARTTLS, port 587).",
        )
    port = 465 if uses_ssl else 25 if env.development else 587
    return {
        "EMAIL_BACKEND": _backend(env),
        "EMAIL_FILE_PATH": str(folder),
        "EMAIL_HOST": env.text("EMAIL_HOST", default="localhost"),
        "EMAIL_USE_SSL": uses_ssl,
        "EMAIL_USE_TLS": uses_tls,
        "EMAIL_PORT": env.whole("EMAIL_PORT", default=port, minimum=1, maximum=65535),
        "EMAIL_HOST_USER": env.text("EMAIL_HOST_USER", default=""),
        "EMAIL_HOST_PASSWORD": env.text("EMAIL_HOST_PASSWORD", default=""),
        "EMAIL_TIMEOUT": env.seconds("EMAIL_TIMEOUT", default=30, minimum=1),
        "EMAIL_ANSWER_TIMEOUT": env.seconds("EMAIL_ANSWER_TIMEOUT", default=600, minimum=1),
    }


def _backend(env: Env) -> str:
    """Return the backend; Django's SMTP one is replaced by ours, which recognises mails that may have been accepted."""
    backend = env.dotted(
        "EMAIL_BACKEND",
        default="django.core.mail.backends.filebased.EmailBackend" if env.development else OURS,
    )
    return OURS if backend == "django.core.mail.backends.smtp.EmailBackend" else backend
