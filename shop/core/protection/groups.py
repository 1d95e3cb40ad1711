"""Groups of the parties that the shop calls: carriers never take all the slots, so that payments keep some."""

from django.conf import settings

CARRIERS = "carrier"


def group_of(party: str) -> str:
    """Return a party's group: what stands before its colon, or "" for a payment provider."""
    group, colon, _name = party.partition(":")
    return group if colon else ""


def slots_of(group: str) -> tuple[int, int]:
    """Return how many calls one process makes at once: to one party of this group, and to the group together."""
    if group == CARRIERS:
        return settings.CARRIER_CALLS_EACH, settings.CARRIER_CALLS_IN_ALL
    return settings.PAYMENT_CALLS_PER_PROVIDER, settings.PAYMENT_CALLS_IN_ALL


def slots_in_all() -> int:
    """Return how many threads of one process may wait for any party at all."""
    return int(settings.PAYMENT_CALLS_IN_ALL)
