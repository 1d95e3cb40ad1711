"""Until when each provider's list was read, and whether its webhooks arrive."""

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from payments.admin.presentation import ConfirmForm, ErrorMixin, ProviderMixin
from payments.models import Payment, ProviderWatch, Refund, StrayPayment
from payments.reconciliation import provider_list
from shop.core.backoffice.base import HistoryAdmin, actor, row
from shop.core.backoffice.verb_forms import done, form_page

# What a list reading counts (`payments.reconciliation.provider_list`, `payments.unmatched.unmatched_payments`); the
# page says it in its reader's language.
COUNTED = [
    gettext_noop("pages"),
    gettext_noop("listed"),
    gettext_noop("agrees"),
    gettext_noop("settled"),
    gettext_noop("not settled"),
    gettext_noop("not readable"),
    gettext_noop("new strays"),
    gettext_noop("strays"),
    gettext_noop("another account's"),
    gettext_noop("failed"),
]


@admin.register(ProviderWatch)
class ProviderWatchAdmin(ProviderMixin, ErrorMixin, HistoryAdmin[ProviderWatch]):
    """One provider's list and webhooks."""

    list_display = [
        "gateway_label",
        "list_label",
        "high_water_mark",
        "list_read_at",
        "webhook_label",
        "last_webhook_at",
        "error_line",
    ]
    fieldsets = [
        (
            _("Its list of payments"),
            {
                "fields": [
                    "gateway_label",
                    ("high_water_mark", "list_read_at"),
                    ("window_from", "window_until"),
                    "cursor",
                    "outcome",
                    "unmatched",
                    "trouble",
                ]
            },
        ),
        (_("Its webhooks"), {"fields": [("last_webhook_at", "silent_since")]}),
    ]
    readonly_fields = ["gateway_label", "outcome", "unmatched", "trouble"]
    actions_detail = ["read_now"]

    @display(
        description=_("list"),
        label={"read": "success", "half": "warning", "failed": "danger", "never": "default"},
    )
    def list_label(self, watch: ProviderWatch) -> tuple[str, str]:
        if watch.last_error:
            return "failed", gettext("not read on")
        if watch.window_until:
            return "half", gettext("half read")
        return ("read", gettext("read")) if watch.high_water_mark else ("never", gettext("never read"))

    @display(
        description=_("webhooks"),
        ordering="silent_since",
        label={"silent": "danger", "come": "success", "never": "default"},
    )
    def webhook_label(self, watch: ProviderWatch) -> tuple[str, str]:
        if watch.silent_since:
            return "silent", gettext("silent")
        return ("come", gettext("they come")) if watch.last_webhook_at else ("never", gettext("none yet"))

    @display(description=_("last sweep's outcome"))
    def outcome(self, watch: ProviderWatch) -> str:
        return " · ".join(f"{gettext(word)}: {number}" for word, number in watch.tally.items()) or "—"

    @display(description=_("payments without a purchase"))
    def unmatched(self, watch: ProviderWatch) -> str:
        """Count the undecided unmatched payments, and the refunds of such payments requested here."""
        waiting = StrayPayment.objects.filter(
            gateway=watch.gateway, decision=StrayPayment.Decision.OPEN
        ).count()
        refunds = Refund.objects.filter(payment__gateway=watch.gateway, payment__role=Payment.Role.UNMATCHED)
        tally = refunds.values_list("status").annotate(number=Count("pk")).order_by("status")
        parts = [f"{StrayPayment.Decision.OPEN.label}: {waiting}"]
        if tally:
            sums = ", ".join(f"{Refund.Status(status).label} {number}" for status, number in tally)
            parts.append(f"{gettext('refunds')}: {sums}")
        address = reverse("admin:payments_straypayment_changelist")
        return format_html(
            '<a class="bo-link" href="{}?gateway={}">{}</a>', address, watch.gateway, " · ".join(parts)
        )

    def has_read_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.change_providerwatch"))

    @action(description=_("Read the list now"), url_path="read-now", icon="sync", permissions=["read"])
    def read_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the provider's list read by the job: no thread of the web server waits for a provider."""
        watch = row(ProviderWatch.objects.all(), object_id)
        form = ConfirmForm(request.POST or None)
        back = reverse("admin:payments_providerwatch_change", args=[watch.pk])
        if request.method == "POST" and form.is_valid():
            provider_list.begin(watch.gateway, actor=actor(request))
            return done(request, gettext("The list is being read; look again in a minute."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Read the provider's list now?"),
            subtitle=str(watch),
            button=gettext("Read"),
            back=back,
            lead=gettext(
                "What agrees is passed over, what differs is settled. Reading twice changes nothing."
            ),
        )
