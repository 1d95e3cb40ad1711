"""The clocks of a purchase: how long units stay reserved, and how long a checkout stays open.

One place, so that a group of customers may one day have a longer one.
"""

from datetime import timedelta

from django.conf import settings


def reservation() -> timedelta:
    """Return how long units stay reserved from the shopper's last step (`RESERVATION_TTL`)."""
    return settings.RESERVATION_TTL


def reservation_at_most() -> timedelta:
    """Return how long units stay reserved in all, however often the shopper goes on (`RESERVATION_MAX_AGE`)."""
    return settings.RESERVATION_MAX_AGE


def checkout() -> timedelta:
    """Return how long a checkout stays open from the shopper's last step (`CHECKOUT_TTL`)."""
    return settings.CHECKOUT_TTL
