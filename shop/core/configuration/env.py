"""Read settings from the environment with django-environ, and stop the start with a helpful sentence.

Every problem is collected first, so that a shop owner sees all that is wrong at once instead of one by one.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from email.utils import formataddr, getaddresses
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from shop.core.configuration.public_keys import BadKey, rsa_public_key
from shop.core.money import decimals, fits

_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
_LONGEST_NAME = 120
_LONGEST_CLOCK = 90 * 24 * 3600  # Seconds.


class Env:
    """Typed readers over `environ.Env` which collect the errors.

    `development` says whether development defaults may be used (DEBUG on). `finish()` raises
    `ImproperlyConfigured` with one line per wrong key.
    """

    def __init__(self, *, dotenv: Path) -> None:
        self.development = False
        self.problems: list[str] = []
        # What may be done instead, added to the error of each missing key while it is set.
        self.advice = ""
        if dotenv.is_file():
            environ.Env.read_env(dotenv)
        self._env = environ.Env()

    def finish(self) -> None:
        """Raise `ImproperlyConfigured` naming every key that is missing or wrong; return when there is none."""
        if self.problems:
            lines = "\n".join(f"  - {problem}" for problem in self.problems)
            raise ImproperlyConfigured(
                f"Percha cannot start, {len(self.problems)} setting(s) need attention:\n{lines}\n"
                "Set them in the environment or in .env (see .env.example for every key and its meaning)."
            )

    def _raw(self, key: str) -> str:
        return str(os.environ.get(key, "")).strip()

    def has(self, *keys: str) -> bool:
        """Return whether at least one of these keys has a value."""
        return any(self._raw(key) for key in keys)

    def refuse(self, key: str, sentence: str, *, unless_set: bool = False) -> None:
        """Record that a key is wrong, in a sentence that continues after its name (`unless_set`: once)."""
        if unless_set and any(problem.startswith(f"{key} ") for problem in self.problems):
            return
        self.problems.append(f"{key} {sentence}")

    def refuse_old_names(self, names: Mapping[str, str]) -> None:
        """Record each old name that still has a value, with the name (`old: new`) that replaced it."""
        for old, new in names.items():
            if self.has(old):
                self.refuse(old, f"is called {new} now: rename it.")

    def _missing(self, key: str, development_only: bool) -> bool:
        """Record a key without a value where no development default may be used."""
        if development_only and not self.development:
            self.refuse(key, f"is not set; it has no default when DEBUG is off. {self.advice}".rstrip())
            return True
        return False

    def text(self, key: str, *, default: str, development_only: bool = False) -> str:
        raw = self._raw(key)
        if raw:
            return raw
        self._missing(key, development_only)
        return default

    def secret(self, key: str, *, development: str) -> str:
        raw = self._raw(key)
        if not raw:
            self._missing(key, development_only=True)
            return development
        if raw == development and not self.development:
            self.refuse(key, "still has its public development value; set a secret of your own.")
        return raw

    def flag(self, key: str, *, default: bool) -> bool:
        raw = self._raw(key).lower()
        if not raw:
            return default
        if raw in {"1", "on", "true", "yes"}:
            return True
        if raw in {"0", "off", "false", "no"}:
            return False
        self.refuse(key, f"must be on or off, not {raw!r}.")
        return default

    def whole(self, key: str, *, default: int, minimum: int, maximum: int) -> int:
        raw = self._raw(key)
        if not raw:
            return default
        try:
            value = int(raw)
        except ValueError:
            self.refuse(key, f"must be a whole number, not {raw!r}.")
            return default
        if not minimum <= value <= maximum:
            self.refuse(key, f"must lie between {minimum} and {maximum}, not {value}.")
            return default
        return value

    def seconds(self, key: str, *, default: int, minimum: int) -> int:
        return self.whole(key, default=default, minimum=minimum, maximum=_LONGEST_CLOCK)

    def money(self, key: str, *, default: Decimal, currency: str) -> Decimal:
        """Read an amount in this currency, zero or more, with no more decimals than it has."""
        raw = self._raw(key)
        if not raw:
            return default
        try:
            value = Decimal(raw)
        except InvalidOperation:
            self.refuse(key, f"must be an amount such as 120000 or 99.50, not {raw!r}.")
            return default
        if not value.is_finite() or value < 0:
            self.refuse(key, f"must be zero or more, not {raw!r}.")
            return default
        if not fits(value, currency):
            most = decimals(currency) or "no"
            self.refuse(key, f"has too many decimals for {currency}, which takes {most}: {raw!r}.")
        return value

    def digits(self, key: str, *, default: str, development_only: bool = False) -> str:
        raw = self._raw(key)
        if not raw:
            self._missing(key, development_only)
            return default
        if not raw.isascii() or not raw.isdigit():
            self.refuse(key, f"must contain digits only, not {raw!r}.")
            return default
        return raw

    def choice(
        self, key: str, *, choices: tuple[str, ...], default: str, development_only: bool = False
    ) -> str:
        raw = self._raw(key)
        if not raw:
            self._missing(key, development_only)
            return default
        if raw not in choices:
            self.refuse(key, f"must be one of {', '.join(choices)}, not {raw!r}.")
            return default
        return raw

    def words(
        self,
        key: str,
        *,
        default: list[str],
        secret: bool = False,
        development_only: bool = False,
        empty_counts: bool = False,
    ) -> list[str]:
        """Read a comma-separated list; a `secret` list has no default when DEBUG is off.

        `empty_counts`: a key that is there without a value is an empty list, not the default.
        """
        values = [word.strip() for word in self._raw(key).split(",") if word.strip()]
        if not values and empty_counts and key in os.environ:
            return []
        if not values:
            self._missing(key, secret or development_only)
            return default
        if secret and not self.development and set(values) & set(default):
            self.refuse(key, "still contains its public development value; set secrets of your own.")
        return values

    def numbers(self, key: str, *, default: list[int], minimum: int, maximum: int) -> list[int]:
        """Read a comma-separated list of whole numbers, none of them twice, the greatest first."""
        words = [word.strip() for word in self._raw(key).split(",") if word.strip()]
        if not words:
            return default
        fitting = [
            bool(re.fullmatch(r"-?[0-9]{1,6}", word)) and minimum <= int(word) <= maximum for word in words
        ]
        if not all(fitting):
            self.refuse(key, f"must be whole numbers from {minimum} to {maximum}, with commas between them.")
            return default
        return sorted({int(word) for word in words}, reverse=True)

    def public_keys(self, key: str, *, default: list[str]) -> list[str]:
        """Read a comma-separated list of RSA public keys (PEM or base64), secret as `words`; each must be one."""
        values = self.words(key, default=default, secret=True)
        for place, value in enumerate(values, start=1):
            try:
                rsa_public_key(value)
            except BadKey as error:
                self.refuse(
                    key,
                    f"holds something at place {place} that {error}: paste the PEM, or one line of base64.",
                )
        return values

    def clocks(self, key: str, *, minimum: int = 5) -> dict[str, timedelta]:
        """Read `name:seconds` pairs with commas: durations of single payment methods, overriding the common one."""
        found: dict[str, timedelta] = {}
        for pair in self._raw(key).split(","):
            name, colon, seconds = (part.strip() for part in pair.partition(":"))
            if not pair.strip():
                continue
            if not (name and colon and seconds.isascii() and seconds.isdigit()):
                self.refuse(key, f"must look like oxxo:259200,pix:3600, not {pair.strip()!r}.")
            elif not minimum <= int(seconds) <= _LONGEST_CLOCK:
                self.refuse(
                    key, f"must lie between {minimum} and {_LONGEST_CLOCK} for {name}, not {seconds}."
                )
            else:
                found[name.lower()] = timedelta(seconds=int(seconds))
        return found

    def percents(self, key: str) -> dict[str, Decimal]:
        """Read per cents above 0 and below 100 by name: `transfer:10,other:7.5`."""
        found: dict[str, Decimal] = {}
        for part in filter(None, (one.strip() for one in self._raw(key).split(","))):
            name, _, text = part.partition(":")
            try:
                value = Decimal(text.strip())
            except InvalidOperation:
                value = Decimal(0)
            if not name.strip() or not value.is_finite() or not 0 < value < 100:
                self.refuse(key, f"must look like transfer:10, above 0 and below 100 per cent, not {part!r}.")
                continue
            found[name.strip().lower()] = value
        return found

    def limits(self, key: str, *, default: dict[str, int]) -> dict[str, timedelta]:
        """Read `name:seconds` pairs with commas for the names of `default`, which has the rest; 0 is no limit."""
        given = self.clocks(key, minimum=0)
        if unknown := sorted(given.keys() - default.keys()):
            self.refuse(key, f"knows {', '.join(default)}, not {', '.join(unknown)}.")
        return {name: given.get(name, timedelta(seconds=seconds)) for name, seconds in default.items()}

    def ranges(self, key: str) -> dict[str, tuple[Decimal | None, Decimal | None]]:
        """Read `name/CURRENCY:least-most` with commas, in major units; either side may be left out (`:-50000`)."""
        found: dict[str, tuple[Decimal | None, Decimal | None]] = {}
        for part in filter(None, (part.strip() for part in self._raw(key).split(","))):
            found_text = re.fullmatch(
                r"(\w+)/([A-Za-z]{3}):(\d{1,12}(?:\.\d{1,2})?)?-(\d{1,12}(?:\.\d{1,2})?)?", part
            )
            if found_text is None or not (found_text[3] or found_text[4]):
                self.refuse(
                    key, f"must look like provider/ARS:500-999999.99,provider/MXN:-50000, not {part!r}."
                )
                continue
            least, most = (Decimal(side) if side else None for side in (found_text[3], found_text[4]))
            if least is not None and most is not None and least > most:
                self.refuse(key, f"has a least above its most: {part!r}.")
            found[f"{found_text[1].lower()}/{found_text[2].upper()}"] = (least, most)
        return found

    def url(self, key: str, *, default: str, development_only: bool = False) -> str:
        raw = self._raw(key)
        if not raw:
            self._missing(key, development_only)
            return default
        parts = _split(raw)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            self.refuse(key, f"must be a full address such as https://shop.example.com, not {raw!r}.")
        elif parts.scheme == "http" and not self.development:
            self.refuse(key, f"must start with https:// when DEBUG is off, not {raw!r}.")
        return raw

    def email(self, key: str, *, default: str, development_only: bool = False) -> str:
        """Read one e-mail address."""
        raw = self.text(key, default=default, development_only=development_only)
        name, at, host = raw.rpartition("@")
        if not (name and at and "." in host) or any(character.isspace() for character in raw):
            self.refuse(key, f"must be an e-mail address such as hola@example.com, not {raw!r}.")
        return raw

    def people(self, key: str) -> list[tuple[str, str]]:
        """Read `Name <address>, address, …` as pairs of name and address."""
        found = [(name.strip(), address) for name, address in getaddresses([self._raw(key)])]
        wrong = [address for _name, address in found if not _ADDRESS.fullmatch(address)]
        if self._raw(key) and (wrong or not found):
            self.refuse(
                key, f"must be names and addresses as in Ana <ana@example.com>, not {self._raw(key)!r}."
            )
            return []
        return found if self._raw(key) else []

    def name(self, key: str, *, default: str, development_only: bool = False) -> str:
        """Read a name for pages and headers of mails: one line, not blank."""
        raw = self.text(key, default=default, development_only=development_only)
        if any(not character.isprintable() for character in raw):
            self.refuse(key, f"must be one line without control characters, not {raw!r}.")
            return default
        if not any(character.isalnum() for character in raw) or len(raw) > _LONGEST_NAME:
            self.refuse(key, f"must be a name with letters or digits, {_LONGEST_NAME} characters at most.")
        return raw

    def mailbox(self, key: str, *, default: str) -> str:
        """Read a sender (`hola@example.com`, or `Name <hola@example.com>`) and give it as a mail's header needs it.

        A name with a comma, a colon or quotation marks is put between quotation marks (RFC 5322 §3.4), also where
        the owner wrote it without them.
        """
        raw = self._raw(key)
        if not raw:
            return default
        name, address = _mailbox(raw)
        local, _at, host = address.rpartition("@")
        is_bad = any(not character.isprintable() for character in raw)
        is_bad = is_bad or "<" in name or ">" in name
        if is_bad or not (local and "." in host) or any(mark in address for mark in ' ,;:<>"()'):
            self.refuse(key, f"must look like Name <hola@example.com> or hola@example.com, not {raw!r}.")
            return default
        return formataddr((name, address))

    def dotted(self, key: str, *, default: str) -> str:
        """Read the name of a Python class whose module exists (it is not imported yet)."""
        raw = self._raw(key) or default
        try:
            is_there = find_spec(raw.rpartition(".")[0]) is not None
        except (ImportError, ValueError):
            is_there = False
        if not is_there:
            self.refuse(key, f"must be the name of a Python class, not {raw!r}.")
            return default
        return raw

    def path(self, key: str, *, default: Path) -> Path:
        raw = self._raw(key)
        return Path(raw).expanduser().resolve() if raw else default

    def database(self, key: str, *, development: str = "") -> dict[str, object]:
        """Return a database. Without `development` a shop may do without it: empty when the key is, or is refused."""
        raw = self._raw(key)
        if not raw and development:
            self._missing(key, development_only=True)
        parts = _split(raw or development)
        is_known = parts is not None and parts.scheme in {"postgres", "postgresql", "psql"}
        if raw and not (is_known and parts is not None and parts.path.strip("/")):
            self.refuse(key, "must look like postgres://user:password@host:5432/database (PostgreSQL only).")
            raw = ""
        return dict(self._env.db_url_config(raw or development)) if raw or development else {}

    def redis(self, key: str, *, development: str) -> str:
        raw = self._raw(key)
        if not raw:
            self._missing(key, development_only=True)
            return development
        parts = _split(raw)
        if parts is None or parts.scheme not in {"redis", "rediss", "unix"}:
            self.refuse(key, "must look like redis://host:6379/0.")
            return development
        return raw

    def timezone(self, key: str, *, default: str) -> str:
        raw = self._raw(key) or default
        try:
            ZoneInfo(raw)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse(key, f"is not a time zone name such as America/Bogota: {raw!r}.")
            return default
        return raw


def _mailbox(text: str) -> tuple[str, str]:
    """Return name and address of `Name <address>`: what is before the last `<` is the name, whatever is in it."""
    if not text.endswith(">"):
        return "", text
    name, _bracket, address = text[:-1].rpartition("<")
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return name, address.strip()


def _split(text: str) -> SplitResult | None:
    """Return the parts of an address, or None for an invalid one (a port that is not a number …)."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts
