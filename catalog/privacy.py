"""The catalogue's personal data: places in waiting lists, early access, groups."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog import waiting
from catalog.models import AccessGrant, CustomerGroup, WaitingEntry
from shop.core.json_types import JsonObject
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person


def _entries(person: Person) -> "QuerySet[WaitingEntry]":
    return WaitingEntry.objects.filter(person.owns())


def _grants(person: Person) -> "QuerySet[AccessGrant]":
    found = Q(user_id=person.user_id) if person.user_id else Q(pk__in=[])
    for address in person.emails:
        found |= Q(actor__icontains=address)
    return AccessGrant.objects.filter(found)


def _export(person: Person) -> JsonObject:
    entries = _entries(person).select_related("variant__product", "collection").order_by("created_at")
    return {
        "waiting_lists": [
            {
                "for": str(entry.variant.product if entry.variant else entry.collection),
                "variant": entry.variant.sku if entry.variant else None,
                **personal_data.plain(
                    entry, "email", "status", "created_at", "confirmed_at", "notified_at", "claimed_at"
                ),
            }
            for entry in entries
        ],
        "early_access": [
            {"drop": str(grant.collection), **personal_data.plain(grant, "created_at")}
            for grant in _grants(person).select_related("collection")
        ],
        "customer_groups": [group.name for group in CustomerGroup.objects.filter(members=person.user_id)]
        if person.user_id
        else [],
    }


def _erase(person: Person) -> int:
    """Leave every line, then delete the entries; a unit set aside expires by its own clock or was let go before."""
    changed = 0
    for entry in _entries(person):
        waiting.leave(entry, actor="privacy")
        changed += WaitingEntry.objects.filter(pk=entry.pk).delete()[0]
    for grant in _grants(person):
        changed += AccessGrant.objects.filter(pk=grant.pk).update(
            actor=personal_data.scrub(grant.actor, person)
        )
    return changed


personal_data.contribute(
    personal_data.Part(
        name="catalog",
        label=_("Waiting lists and early access"),
        position=40,
        export=_export,
        erase=_erase,
        counts=lambda person: {"waiting_lists": _entries(person).count()},
    )
)
