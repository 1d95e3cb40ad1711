"""Settings that stop the start: weak secrets, wildcard hosts, values of the demo.

Pure: settings in, sentences out. `shop.settings` calls it, because gunicorn and Celery run no system checks. The checks
of a provider's settings are in `payments.provider_settings`.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

# A key and the sentence that continues after its name.
Problem = tuple[str, str]
Settings = Mapping[str, Any]

MIN_SECRET_KEY: Final = 50
MIN_DATA_KEY: Final = 32
MIN_WEBHOOK_SECRET: Final = 16
# A random secret of 32 hexadecimal digits has about 14 different ones.
MIN_DISTINCT: Final = 8
# Below these names of two-letter countries everybody may register (`.com.ar`, `.co.uk`): they cannot be a shop's host.
_SHARED: Final = {
    "com",
    "co",
    "net",
    "org",
    "gob",
    "gov",
    "gub",
    "edu",
    "mil",
    "int",
    "web",
    "art",
    "nom",
    "tur",
}
_PRIVATE_ENDS: Final = (".localhost", ".local", ".internal", ".lan", ".home", ".test", ".invalid", ".example")
_HOST: Final = re.compile(r"\.?(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\]")
# RFC 6454 §7: scheme, host and perhaps a port. Apps in a web view have a scheme of their own (capacitor://localhost).
_ORIGIN: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?"
)
_DEVICE: Final = {"localhost", "127.0.0.1", "::1"}
# The demo's own values, which no shop uses by chance.
_OF_THE_DEMO: Final = {"SHOP_EMAIL": "hola@example.com"}


def problems(values: Settings, *, gateways: Path) -> Iterator[Problem]:
    """Yield what stops the start; `gateways` is the folder with one folder for each provider."""
    yield from _weak_data_keys(values)
    yield from _weak_token_key(values)
    yield from _origins(values)
    if values["DEBUG"]:
        return
    for check in (_secrets, _hosts, _demo_values):
        yield from check(values)
    yield from _offered(values["PAYMENT_GATEWAYS"], gateways)


def weakness(secret: str, *, minimum: int) -> str:
    """Return why a secret is weak, as the end of a sentence; "" when it is not."""
    if len(secret) < minimum:
        return f"must be at least {minimum} characters long"
    if len(set(secret)) < MIN_DISTINCT:
        return "must be random: it has only few different characters"
    if secret in (secret + secret)[1:-1]:
        return "must be random: it repeats itself"
    if secret.startswith("django-insecure-"):
        return "must be a secret of your own, not the one of a new project"
    return ""


def weak_webhook_secrets(values: Settings, key: str, *, prefix: str = "") -> Iterator[Problem]:
    """Yield what is wrong with a provider's webhook secrets, each of them behind the provider's own `prefix`."""
    secrets: Sequence[str] = values[key]
    if any(len(secret.removeprefix(prefix)) < MIN_WEBHOOK_SECRET for secret in secrets):
        yield (
            key,
            f"must hold secrets of at least {MIN_WEBHOOK_SECRET} characters: copy them from the provider.",
        )
    elif any(weakness(secret.removeprefix(prefix), minimum=1) for secret in secrets):
        yield key, "must hold random secrets: copy them from the provider."
    elif len(set(secrets)) != len(secrets):
        yield key, "holds the same secret twice."
    elif {values["SECRET_KEY"], *values["DATA_KEYS"]} & set(secrets):
        yield key, "must not hold another secret of the shop."


def is_public_host(host: str) -> bool:
    """Return whether a host name can be reached from the internet, judged by its name."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        return "." in name and not name.endswith(_PRIVATE_ENDS)


def _secrets(values: Settings) -> Iterator[Problem]:
    if why := weakness(values["SECRET_KEY"], minimum=MIN_SECRET_KEY):
        yield "SECRET_KEY", f"{why}. {_recipe(MIN_SECRET_KEY)}"
    token = values["HEALTH_TOKEN"]
    if token and (why := weakness(token, minimum=MIN_DATA_KEY)):
        yield "HEALTH_TOKEN", f"{why}. {_recipe(MIN_DATA_KEY)}"


def _weak_data_keys(values: Settings) -> Iterator[Problem]:
    """Their length in any shop; the rest only in production."""
    keys: Sequence[str] = values["DATA_KEYS"]
    if any(len(key) < MIN_DATA_KEY for key in keys):
        yield "DATA_KEYS", f"must hold secrets of at least {MIN_DATA_KEY} characters each."
        return
    if values["DEBUG"]:
        return
    if why := next(filter(None, (weakness(key, minimum=MIN_DATA_KEY) for key in keys)), ""):
        yield "DATA_KEYS", f"{why}. {_recipe(MIN_DATA_KEY)}"
    elif len(set(keys)) != len(keys):
        yield "DATA_KEYS", "holds the same secret twice."
    elif values["SECRET_KEY"] in keys:
        yield "DATA_KEYS", "must not hold the SECRET_KEY: whoever learns one would have both."


def _weak_token_key(values: Settings) -> Iterator[Problem]:
    """The key of the API's tokens: empty is allowed, a weak one or another secret of the shop nowhere."""
    key = values["API_TOKEN_KEY"]
    if key and (why := weakness(key, minimum=MIN_SECRET_KEY)):
        yield "API_TOKEN_KEY", f"{why}. {_recipe(MIN_SECRET_KEY)}"
    elif key and key in {values["SECRET_KEY"], values["HEALTH_TOKEN"], *values["DATA_KEYS"]}:
        yield "API_TOKEN_KEY", "must not be another secret of the shop: whoever learns one would have both."


def _origins(values: Settings) -> Iterator[Problem]:
    """Origins of pages that may call the API: scheme and host, https unless the page is on the visitor's own device."""
    for origin in values["API_CORS_ORIGINS"]:
        if not _ORIGIN.fullmatch(origin):
            yield (
                "API_CORS_ORIGINS",
                f"must hold origins such as https://app.example.com, without path and without *, not {origin!r}.",
            )
            return
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname not in _DEVICE and not values["DEBUG"]:
            yield "API_CORS_ORIGINS", f"must hold origins with https:// when DEBUG is off, not {origin!r}."
            return


def _recipe(length: int) -> str:
    return f"For example: python -c 'import secrets; print(secrets.token_urlsafe({length}))'"


def _hosts(values: Settings) -> Iterator[Problem]:
    hosts: Sequence[str] = values["ALLOWED_HOSTS"]
    for host in hosts:
        if sentence := _wrong_host(host):
            yield "ALLOWED_HOSTS", sentence
            return
    own = (urlsplit(values["SITE_URL"]).hostname or "").lower()
    if not any(_matches(own, host.lower()) for host in hosts):
        yield (
            "ALLOWED_HOSTS",
            f"lacks {own or 'the host'} of SITE_URL: the shop would refuse its own address.",
        )
    if own and not is_public_host(own):
        sentence = f"must be the shop's public address, not {own}: mails and payment providers lead there."
        yield "SITE_URL", sentence
    parts = urlsplit(values["SITE_URL"])
    if parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment:
        # The value itself is not repeated: it may hold a password.
        yield (
            "SITE_URL",
            "must be scheme and host only, such as https://www.example.com: every link begins with it.",
        )


def _wrong_host(host: str) -> str:
    """Return what is wrong with one entry, as the end of a sentence."""
    labels = host.strip(".").lower().split(".")
    is_shared = len(labels) == 1 or (len(labels) == 2 and labels[0] in _SHARED and len(labels[1]) == 2)
    if "*" in host:
        return f"must name the shop's hosts, not {host!r}: links in mails are made with them."
    if not _HOST.fullmatch(host):
        return f"must hold host names only, without https:// or port, not {host!r}."
    if host.startswith(".") and is_shared:
        return f"must name the shop's hosts, not {host!r}: everybody can have one below it."
    return ""


def _matches(own: str, host: str) -> bool:
    return own == host or (host.startswith(".") and (own.endswith(host) or own == host[1:]))


def _demo_values(values: Settings) -> Iterator[Problem]:
    for key, value in _OF_THE_DEMO.items():
        if str(values[key]) == value:
            yield key, "still has its value of the demo."
    if values["SANDBOX_ENABLED"]:
        return  # Refused by itself; the URLs are derived from it.
    for key in sorted(name for name in values if name.endswith("_API_BASE")):
        host = urlsplit(values[key]).hostname
        if host and not is_public_host(host):
            yield key, f"leads to {host}, the demo's sandbox or a machine of your own: leave it empty."


def _offered(codes: Sequence[str], gateways: Path) -> Iterator[Problem]:
    key = "PAYMENT_GATEWAYS"
    if not codes:
        yield key, "is empty: nobody could pay."
    if unknown := sorted(code for code in codes if not (gateways / code / "__init__.py").is_file()):
        yield key, f"names what is no payment provider: {', '.join(unknown)}."
    if len(set(codes)) != len(codes):
        yield key, "names a provider twice."
