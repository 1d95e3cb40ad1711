"""Payment methods by number, as clients of the API name them, in the back office."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from orders.models import PaymentMethod
from orders.models.payment_methods import ANY_OTHER
from payments import gateways
from shop.core.backoffice.base import BackOfficeAdmin


class PaymentMethodForm(forms.ModelForm[PaymentMethod]):
    """A method: its providers are typed as codes, the preferred one first."""

    gateways = SimpleArrayField(
        forms.CharField(max_length=20),
        label=_("Providers"),
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Their codes with commas between them, the preferred one first; * is any other: stripe,*."
        ),
    )

    class Meta:
        model = PaymentMethod
        fields = ("code", "name", "gateways", "is_active")

    def clean_gateways(self) -> list[str]:
        """Refuse codes that are no provider's."""
        codes = list(dict.fromkeys(code.strip().lower() for code in self.cleaned_data["gateways"]))
        if unknown := [code for code in codes if code not in {*gateways.GATEWAYS, ANY_OTHER}]:
            raise forms.ValidationError(
                gettext("No provider has the code %(unknown)s. There are: %(known)s.")
                % {"unknown": ", ".join(unknown), "known": ", ".join(gateways.GATEWAYS)}
            )
        return codes


@admin.register(PaymentMethod)
class PaymentMethodAdmin(BackOfficeAdmin[PaymentMethod]):
    """Numbers that clients send and are shown. One that is not wanted any more is switched off, never deleted."""

    form = PaymentMethodForm
    list_display = ["public_number", "name", "code", "providers", "is_active"]
    search_fields = ["name", "code"]
    fields = ["public_number", "code", "name", "gateways", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: PaymentMethod | None = None) -> list[str]:
        """Keep the number, and the code of a method that exists."""
        return ["public_number", "code"] if obj else []

    def get_fields(self, request: HttpRequest, obj: PaymentMethod | None = None) -> list[Any]:
        """Show a number once there is one."""
        return [name for name in self.fields or [] if obj or name != "public_number"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @display(description=_("providers"))
    def providers(self, method: PaymentMethod) -> str:
        """Name the providers; one that this shop does not offer has brackets."""
        return ", ".join(_name(code) for code in method.gateways) or "—"


def _name(code: str) -> str:
    if code == ANY_OTHER:
        return gettext("any other")
    name = gateways.name_of(code)
    return name if code in settings.PAYMENT_GATEWAYS else f"({name})"
