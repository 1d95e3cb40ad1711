"""Credits on the shop's account in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from payments.models import BankCredit
from shop.core.backoffice.base import HistoryAdmin, foreign
from shop.core.money import display as money


@admin.register(BankCredit)
class BankCreditAdmin(HistoryAdmin[BankCredit]):
    """Money that came to the account, and what it is for."""

    list_display = [
        "booked_on",
        "status_label",
        "sum_label",
        "reference",
        "payer_name",
        "instruction_link",
        "source",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("source", ChoicesDropdownFilter)]
    search_fields = ["reference", "payer_name", "payer_document", "number", "instruction__code"]
    date_hierarchy = "booked_on"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("booked_on", "status_label"),
                    ("sum_label", "source"),
                    ("reference", "number"),
                    ("payer_name", "payer_document"),
                    ("instruction_link", "confirms"),
                    ("bank", "statement", "row"),
                    ("actor", "noted_at"),
                    "note",
                ]
            },
        ),
    ]
    readonly_fields = ["status_label", "sum_label", "instruction_link"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankCredit]:
        return (
            super()
            .get_queryset(request)
            .select_related("instruction", "statement")
            .defer("statement__content")
        )

    @display(
        description=_("status"),
        ordering="status",
        label={"open": "warning", "booked": "success", "confirms": "info", "other": "default"},
    )
    def status_label(self, credit: BankCredit) -> tuple[str, Any]:
        return credit.status, credit.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, credit: BankCredit) -> str:
        return money(credit.amount, credit.currency)

    @display(description=_("bank transfer"))
    def instruction_link(self, credit: BankCredit) -> str:
        return foreign("payments_transferinstruction", credit.instruction)
