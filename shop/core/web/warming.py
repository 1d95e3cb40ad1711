"""What a process reads and makes once, before anybody waits for it: after each start some shopper was the first."""

from django.conf import LazySettings, settings
from django.urls import reverse
from django.utils import timezone, translation

from shop.core import jobs
from shop.core.countries import current
from shop.core.countries.business_days import next_business_day


def warm() -> None:
    """Read all addresses, the tasks of every app, and the holidays of the shop's country. Asks no database.

    Also let settings be read as plain attributes: Django asks at each reading, some hundred for a page, whether the
    name is one that its proxy passes on (`LazyObject.__getattribute__`), which no setting's name is.
    """
    LazySettings.__getattribute__ = object.__getattribute__  # type: ignore[method-assign]
    with translation.override(settings.LANGUAGE_CODE):
        reverse("admin:index")
    jobs.registry()
    next_business_day(timezone.localdate(), current().code)
