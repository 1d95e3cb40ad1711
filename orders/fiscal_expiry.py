"""The invoice data of erased buyers: erased too, when the years are over for which the law asks to keep them."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from orders.installments import privacy as plans
from orders.invoices import privacy as invoices
from orders.models import AddressSnapshot, Order
from shop.core import countries
from shop.core.privacy import personal_data
from shop.core.states import record

ADDRESS: Final = ("recipient", "street", "apartment", "city", "state", "postal_code", "country", "phone")
EMPTY_ADDRESS: Final = {name: "" for name in ADDRESS if name not in {"state", "country"}}


def expire() -> int:
    """Erase the invoice data of erased buyers, in the year after the law's years are over; return how many orders."""
    due = Order.objects.filter(erased_at__isnull=False, fiscal_erased_at__isnull=True)
    shortest = min(country.retention.years for country in countries.COUNTRIES.values())
    old = due.filter(placed_at__lt=_kept_from(shortest)).select_related("billing_address", "shipping_address")
    return personal_data.each(
        Order.objects.filter(
            pk__in=[order.pk for order in old if order.placed_at < _kept_from(_years(order))]
        ),
        _erase_fiscal,
    )


def _years(order: Order) -> int:
    address = order.billing_address or order.shipping_address
    return countries.COUNTRIES.get(address.country if address else "", countries.current()).retention.years


def _kept_from(years: int) -> datetime:
    """Return the beginning of the oldest year whose invoices must still be kept."""
    now = timezone.localtime()
    return now.replace(year=now.year - years, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _erase_fiscal(order: Order) -> int:
    plans.erase_contract(order)
    addresses = [key for key in (order.billing_address_id, order.shipping_address_id) if key]
    AddressSnapshot.objects.filter(pk__in=addresses).update(**EMPTY_ADDRESS)
    Order.objects.filter(pk=order.pk, fiscal_erased_at=None).update(
        first_name="",
        last_name="",
        document_type="",
        document_number="",
        tax_condition="",
        fiscal_erased_at=timezone.now(),
    )
    invoices.erase(order)
    record(order, "invoice data erased", actor="job:privacy")
    return 1
