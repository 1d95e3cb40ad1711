"""Template context: the cuotas that the providers finance."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.text import get_text_list
from django.utils.translation import get_language

from payments import gateways, provider_settings


@dataclass(frozen=True, slots=True)
class Financed:
    """The most cuotas that an offered provider finances, and the names of those that do, as a sentence has them."""

    most: int
    providers: str


def financed(request: HttpRequest) -> dict[str, object]:
    """Add `financed`: the most cuotas that an offered provider finances, and which ones do; None where nobody does."""
    return {"financed": _financed(get_language())}


@cache
def _financed(language: str | None) -> Financed | None:
    by_code = provider_settings.most_installments(settings)
    most = max(by_code.values(), default=1)
    if most < 2:
        return None
    # In the order in which the shop offers them.
    names = [gateways.name_of(code) for code in settings.PAYMENT_GATEWAYS if by_code[code] == most]
    return Financed(most, get_text_list(names))


@receiver(setting_changed, dispatch_uid="payments-forget-financed")
def _forget(**change: object) -> None:
    _financed.cache_clear()
