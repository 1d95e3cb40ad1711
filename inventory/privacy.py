"""The stock's personal data: units reserved for a person, and who asked for a reservation.

The ledger has none.
"""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalog.models import WaitingEntry
from inventory.models import Reservation
from inventory.reservations import source_limits, waiting_list
from shop.core.json_types import JsonObject
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person
from shop.core.user_input.emails import mailbox

_WORDS = ("owner", "note", "actor", "ended_by", "end_reason")


def _reservations(person: Person) -> "QuerySet[Reservation]":
    found = Q(pk__in=[])
    for word in person.words:
        for name in _WORDS:
            found |= Q(**{f"{name}__icontains": word})
    return Reservation.objects.filter(found)


def _export(person: Person) -> JsonObject:
    reservations = _reservations(person).select_related("variant").order_by("created_at")
    return {
        "holds": [
            {
                "sku": reservation.variant.sku,
                **personal_data.plain(
                    reservation, "quantity", "status", "purpose", "created_at", "expires_at"
                ),
            }
            for reservation in reservations
        ]
    }


def _erase(person: Person) -> int:
    """Release units set aside from a waiting list, and remove the person's name from old reservations."""
    for entry in WaitingEntry.objects.filter(person.owns(), status=WaitingEntry.Status.NOTIFIED):
        waiting_list.withdraw(entry, actor="privacy")
    changed = _forget_source(person)
    for reservation in _reservations(person).iterator(chunk_size=500):
        clean = {name: personal_data.scrub(getattr(reservation, name), person) for name in _WORDS}
        clean["actor"] = clean["actor"].replace(f"shopper:{personal_data.ERASED}", "shopper")
        changed += Reservation.objects.filter(pk=reservation.pk).update(**clean)
    return changed


def _forget_source(person: Person) -> int:
    """Empty the source of active reservations of a drop.

    Digests, which are not exported, and the account's key.
    """
    mine = Q(source_email__in=[source_limits.key("email", mailbox(email)) for email in person.emails])
    if person.user_id:
        mine |= Q(source_account=person.user_id)
    return Reservation.objects.filter(mine).update(**dict.fromkeys(Reservation.SOURCE))


personal_data.contribute(
    personal_data.Part(
        name="inventory",
        label=_("Units kept aside"),
        position=30,
        export=_export,
        erase=_erase,
        counts=lambda person: {"holds": _reservations(person).count()},
    )
)
