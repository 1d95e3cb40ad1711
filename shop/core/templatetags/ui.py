"""Template tags for every page: icons, countdowns."""

from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache

from babel import Locale
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from shop.core.audit import actors, labels

register = template.Library()


@register.filter
def who(actor: str) -> str:
    """Return who acted (`shop.core.audit.actors`); for rows of staff and of the shop itself, without a query."""
    return actors.label(actor)


@register.filter
def reason(text: str) -> str:
    """Return a reason or reference of the shop in the reader's language."""
    return labels.reason(text)


def _sprite_url() -> str:
    return static("icons/sprite.svg")


_cached_sprite_url = cache(_sprite_url)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one icon of `static/icons/sprite.svg`; always beside text or inside a labelled control."""
    url = _sprite_url() if settings.DEBUG else _cached_sprite_url()
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', url, name)


# The same wherever it stands (`shop.core.web.folded_templates`).
icon.is_pure = True  # type: ignore[attr-defined]


def _remaining(deadline: datetime, now: datetime) -> timedelta:
    return max(deadline - now, timedelta())


@register.inclusion_tag("components/countdown.html")
def countdown(deadline: datetime, now: datetime | None = None) -> dict[str, object]:
    """Count down to an instant in days, hours, minutes and seconds (a drop)."""
    now = now or timezone.now()
    left = _remaining(deadline, now)
    hours, rest = divmod(left.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return {
        "deadline": deadline,
        "now": now,
        "days": left.days,
        "hours": f"{hours:02d}",
        "minutes": f"{minutes:02d}",
        "seconds": f"{seconds:02d}",
    }


@register.inclusion_tag("components/clock.html")
def clock(deadline: datetime, now: datetime | None = None) -> dict[str, object]:
    """Count down to an instant as one `mm:ss` (a reservation, a payment); name the day when it is half a day away."""
    now = now or timezone.now()
    left = _remaining(deadline, now)
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    return {
        "deadline": deadline,
        "now": now,
        "left": f"{minutes:02d}:{seconds:02d}",
        "is_near": left < timedelta(hours=12),
    }


@register.filter
def iso(moment: datetime) -> str:
    """Write an instant for `<time datetime>`: to the second, since HTML allows three digits of a fraction at most."""
    return moment.isoformat(timespec="seconds")


@register.filter
def hour(moment: datetime) -> str:
    """Write the shop's hour of an instant: `18:30`."""
    return _hour(moment, timezone.get_current_timezone())


@lru_cache(maxsize=1024)
def _hour(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


@register.filter
def short_date(moment: datetime) -> str:
    """Write the shop's day of an instant in figures, as the reader's language does."""
    return _short_date(timezone.localdate(moment), get_language())


@lru_cache(maxsize=1024)
def _short_date(day: date, language: str | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


@register.filter
def weekday(moment: datetime | None) -> str:
    """Write the shop's day of an instant as people announce it: `viernes 4 de diciembre`; nothing for None."""
    if moment is None:
        return ""
    # Translators: letters of Django's date format; a backslash keeps a letter as it is (es: l j \\d\\e F).
    return date_format(timezone.localtime(moment), pgettext("weekday and day", "l j F"))


@register.simple_tag
def this_year() -> str:
    """Write the year that it is in the shop."""
    return str(timezone.localdate().year)


@register.filter
def country_name(code: str) -> str:
    """Name a country (ISO 3166-1) in the reader's language, from CLDR: `AR` is `Argentina`, `BR` is `Brasil`."""
    return str(Locale.parse(get_language() or "es", sep="-").territories.get(code, code))


@register.filter
def fit(words: str) -> str:
    """Return the class that lets the longest word fit its column: `fit-8` for eight letters (5 to 20)."""
    longest = max((len(word) for word in str(words).split()), default=0)
    return f"fit-{min(20, max(5, longest))}"


@register.filter
def provider(code: str) -> str:
    """Return what people call a payment provider; of one that is not known, its code."""
    return str(actors.provider_named(code)) or code


@register.filter
def transaction(text: str) -> str:
    """Return an order's transaction (`mercadopago:1234`) with the name of its provider."""
    code, _colon, number = text.partition(":")
    name = actors.provider_named(code)
    return f"{name} {number}" if name else text
