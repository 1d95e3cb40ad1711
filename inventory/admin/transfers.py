"""Transfers in the back office: sent, received in parts, lost on the way, brought back."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from inventory import codes
from inventory.ledger import InsufficientOnHand, transfers
from inventory.models import Location, StockLevel, Transfer, TransferLine
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import WholeField

# A code may itself end in "x45": the separator needs a space before it, or a sign that codes never contain.
LINE = re.compile(r"^(?P<sku>\S+?)(?:(?:\s*[;,×*\t]\s*|\s+(?:x\s*)?)(?P<units>\d{1,6}))?$", re.IGNORECASE)


class SendForm(VerbForm):
    """What goes from where to where."""

    source = forms.ModelChoiceField(label=_("from"), queryset=Location.objects.all())
    destination = forms.ModelChoiceField(label=_("to"), queryset=Location.objects.all())
    lines = forms.CharField(
        label=_("what"),
        widget=forms.Textarea(attrs={"rows": 6, "autofocus": True}),
        max_length=20_000,
        help_text=_(
            "One line each: SKU or barcode, and the units (1 unless given). The same code again adds up."
        ),
    )
    arrives_at_once = forms.BooleanField(
        label=_("it is there already"),
        required=False,
        help_text=_("Otherwise it is on the way until it is received."),
    )
    reference = forms.CharField(label=_("reference"), max_length=120, required=False)
    note = forms.CharField(label=_("note"), max_length=300, required=False)

    def clean_lines(self) -> dict[UUID, int]:
        """Return the units of each variant; name every line that cannot be read."""
        units: dict[str, int] = {}
        bad: list[str] = []
        for text in filter(None, map(str.strip, self.cleaned_data["lines"].splitlines())):
            match = LINE.match(text)
            if match and int(match["units"] or 1):
                units[match["sku"]] = units.get(match["sku"], 0) + int(match["units"] or 1)
            else:
                bad.append(text)
        known = codes.find(units)
        bad += [code for code in units if code not in known]
        if bad:
            raise ValidationError(gettext("No variant or no quantity: %s") % "; ".join(bad[:10]))
        found: dict[UUID, int] = {}
        for code, number in units.items():
            found[known[code]] = found.get(known[code], 0) + number
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse a transfer from a location to itself."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("source") and data.get("source") == data.get("destination"):
            self.add_error("destination", gettext("Choose another place than the one it comes from."))
        return data


class ArrivalForm(VerbForm):
    """What arrived and what was lost of each line that is still on the way. Made by `arrival_form`."""

    lines: list[TransferLine]

    def units(self, prefix: str) -> dict[UUID, int]:
        """Return the units typed in, by variant."""
        return {
            line.variant_id: self.cleaned_data.get(f"{prefix}_{line.variant_id.hex}") or 0
            for line in self.lines
        }

    def clean(self) -> dict[str, Any]:
        """Ask how units were lost, and for at least one unit."""
        data: dict[str, Any] = super().clean() or {}
        lost = sum(self.units("lost").values())
        if lost and not data.get("note", "").strip():
            self.add_error("note", gettext("Say how they were lost."))
        if not lost and not sum(self.units("arrived").values()):
            raise ValidationError(gettext("Say how many units."))
        return data


def arrival_form(transfer: Transfer, *, is_back: bool) -> type[ArrivalForm]:
    """Return the form for a transfer: two fields for each line on the way, or one when units come back."""
    lines = [line for line in transfer.lines.select_related("variant__product") if line.in_transit]
    fields: dict[str, Any] = {"lines": lines, "__module__": __name__}
    for line in lines:
        left, name = line.in_transit, f"{line.variant.sku} · {line.variant.product.name} {line.variant.name}"
        asked = [
            ("arrived", gettext("back again") if is_back else gettext("arrived"), 0 if is_back else left)
        ]
        if not is_back:
            asked.append(("lost", gettext("lost on the way"), 0))
        for prefix, what, initial in asked:
            fields[f"{prefix}_{line.variant_id.hex}"] = WholeField(
                label=f"{name}: {what}", min_value=0, max_value=left, required=False, initial=initial
            )
    fields["note"] = forms.CharField(
        label=_("why") if is_back else _("note"),
        max_length=300,
        required=is_back,
        help_text="" if is_back else _("Needed when something was lost."),
    )
    return type("ArrivalForm", (ArrivalForm,), fields)


class TransferLineInline(HistoryInline[TransferLine]):
    model = TransferLine
    hide_title = True
    fields = ("variant", "sent", "received", "lost", "returned", "on_the_way")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferLine]:
        return super().get_queryset(request).select_related("variant__product")

    @display(description=_("on the way"))
    def on_the_way(self, line: TransferLine) -> int:
        return line.in_transit


@admin.register(Transfer)
class TransferAdmin(HistoryAdmin[Transfer]):
    """Units between two places; nothing on the way can be sold, and nothing is counted twice."""

    list_display = [
        "number",
        "status_label",
        "source",
        "destination",
        "units",
        "sent_at",
        "closed_at",
        "acted_by",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("source", RelatedDropdownFilter),
        ("destination", RelatedDropdownFilter),
    ]
    list_select_related = ["source", "destination"]
    search_fields = [
        "number",
        "reference",
        "note",
        "lines__variant__sku",
        "lines__variant__barcode",
        "lines__variant__product__name",
    ]
    date_hierarchy = "sent_at"
    fields = [
        ("number", "status"),
        ("source", "destination"),
        ("reference", "note"),
        ("sent_at", "closed_at"),
        "acted_by",
    ]
    inlines = [TransferLineInline]
    actions_list = ["send"]
    actions_detail = ["receive", "bring_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        gone = F("lines__received") + F("lines__lost") + F("lines__returned")
        found: QuerySet[Transfer] = super().get_queryset(request).select_related("source", "destination")
        return found.annotate(sent_units=Sum("lines__sent"), left_units=Sum(F("lines__sent") - gone))

    @display(
        description=_("status"),
        ordering="status",
        label={"sent": "info", "partly": "warning", "closed": "success"},
    )
    def status_label(self, transfer: Transfer) -> tuple[str, str]:
        return transfer.status, transfer.get_status_display()

    @display(description=_("units"))
    def units(self, transfer: Any) -> str:
        if not transfer.left_units:
            return str(transfer.sent_units)
        return gettext("%(sent)s, %(left)s on the way") % {
            "sent": transfer.sent_units,
            "left": transfer.left_units,
        }

    def has_send_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.add_stockmovement")

    @action(description=_("Send"), url_path="send", icon="local_shipping", permissions=["send"])
    def send(self, request: HttpRequest) -> HttpResponse:
        """Send units from one place to another."""
        form = SendForm(request.POST or None)
        back = reverse("admin:inventory_transfer_changelist")
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="stock-transfer",
                verb=lambda data: (transfers.transfer if data["arrives_at_once"] else transfers.send)(
                    source_id=data["source"].pk,
                    destination_id=data["destination"].pk,
                    wanted=data["lines"],
                    reference=data["reference"],
                    note=data["note"],
                    actor=actor(request),
                ),
                refusals={InsufficientOnHand: _too_few},
            )
        ):
            data = form.cleaned_data
            units = sum(data["lines"].values())
            words = ngettext(
                "%(units)s unit goes from %(source)s to %(destination)s.",
                "%(units)s units go from %(source)s to %(destination)s.",
                units,
            )
            return done(request, words % {**data, "units": units}, back)
        return form_page(request, self, form, title=gettext("Send stock"), button=gettext("Send"), back=back)

    @action(
        description=_("Receive a transfer"), url_path="receive", icon="move_to_inbox", permissions=["send"]
    )
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book what arrived, and what was lost."""
        return _arrival(self, request, row(Transfer.objects.all(), object_id), is_back=False)

    @action(description=_("Bring back"), url_path="bring-back", icon="undo", permissions=["send"])
    def bring_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book what is in transit back into its source."""
        return _arrival(self, request, row(Transfer.objects.all(), object_id), is_back=True)


def _arrival(
    model_admin: AnyAdmin, request: HttpRequest, transfer: Transfer, *, is_back: bool
) -> HttpResponse:
    form = arrival_form(transfer, is_back=is_back)(request.POST or None)
    back = reverse("admin:inventory_transfer_change", args=[transfer.pk])
    form.compare(f"stock-arrival:{transfer.pk}", _shown_rows(transfer), now=lambda: _on_the_way(transfer))

    def act(data: dict[str, Any]) -> Transfer:
        facts: dict[str, Any] = {"transfer_id": transfer.pk, "note": data["note"], "actor": actor(request)}
        if is_back:
            return transfers.bring_back(returned=form.units("arrived"), **facts)
        return transfers.receive(arrived=form.units("arrived"), lost=form.units("lost"), **facts)

    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-arrival",
            verb=act,
            refusals={transfers.NotOnTheWay: _fewer_on_the_way},
        )
    ):
        return done(request, gettext("Booked."), back)
    title = gettext("Bring back what is on the way") if is_back else gettext("Receive a transfer")
    lead = "" if form.lines else gettext("Nothing is on the way any more.")
    return form_page(
        request,
        model_admin,
        form,
        title=title,
        button=gettext("Book"),
        back=back,
        lead=lead,
        subtitle=f"{transfer} · {transfer.source} → {transfer.destination}",
    )


def _fewer_on_the_way(error: transfers.NotOnTheWay) -> tuple[None, str]:
    return None, gettext("Only %s are still on the way.") % error.in_transit


def _shown_rows(transfer: Transfer) -> ShownRows:
    """Return the `ShownRows` of the transfer's lines. It locks the transfer."""
    of_transfer = columns(Transfer.objects.filter(pk=transfer.pk), "status")
    of_lines = columns(transfer.lines.all(), "sent", "received", "lost", "returned", lock=lambda _keys: None)
    return lambda is_acting: {**of_transfer(is_acting), **of_lines(is_acting)}


def _on_the_way(transfer: Transfer) -> str:
    lines = [line for line in transfer.lines.select_related("variant") if line.in_transit]
    return ", ".join(f"{line.in_transit} × {line.variant.sku}" for line in lines) or gettext(
        "nothing is on the way"
    )


def _too_few(error: InsufficientOnHand) -> tuple[str, str]:
    level = StockLevel.objects.select_related("variant").get(pk=error.level_id)
    words = gettext(
        "%(sku)s: only %(free)s may leave: %(on_hand)s are there, %(reserved)s of them held for buyers."
    )
    free = max(0, error.on_hand - error.reserved)
    facts = {"sku": level.variant.sku, "free": free, "on_hand": error.on_hand, "reserved": error.reserved}
    return "lines", words % facts
