"""The waiting lists in the back office: figures of each list, above the people in it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog import waiting
from catalog.models import WaitingEntry
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import HistoryAdmin, actor
from shop.core.backoffice.verb_forms import ConfirmForm, ask, run_verb


class SubjectFilter(admin.SimpleListFilter):
    """What they wait for."""

    title = _("waiting for")
    parameter_name = "for"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("variant", _("back in stock")), ("drop", _("drop reminder"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WaitingEntry]) -> QuerySet[WaitingEntry]:
        match self.value():
            case "variant":
                return queryset.filter(variant__isnull=False)
            case "drop":
                return queryset.filter(collection__isnull=False)
        return queryset


@admin.register(WaitingEntry)
class WaitingEntryAdmin(HistoryAdmin[WaitingEntry]):
    """Who waits for what, since when, and what became of it. Figures of each list stand above."""

    list_display = [
        "email",
        "subject",
        "status_label",
        "confirmed_at",
        "notified_at",
        "offered_until",
        "claimed_at",
    ]
    list_filter = [("status", ChoicesDropdownFilter), SubjectFilter]
    list_select_related = ["variant__product", "collection"]
    search_fields = ["email", "variant__sku", "variant__product__name", "collection__name"]
    date_hierarchy = "created_at"
    list_before_template = "admin/catalog/waitingentry/lists.html"
    actions = ["take_off"]
    fields = [
        "email",
        "user",
        "variant",
        "collection",
        "status",
        "language",
        "created_at",
        "confirmed_at",
        "expires_at",
        "notified_at",
        "offered_until",
        "claimed_at",
    ]
    readonly_fields = ["created_at"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the lists with their figures above the people in them (three queries)."""
        figures = waiting.figures()
        extra = {**(extra_context or {}), "lists": figures, "now": timezone.now()}
        return super().changelist_view(request, extra)

    @display(description=_("waiting for"))
    def subject(self, entry: WaitingEntry) -> str:
        if entry.variant is not None:
            return f"{entry.variant.product.name} · {entry.variant}"
        return str(entry.collection or "—")

    @display(
        description=_("status"),
        ordering="status",
        label={"confirmed": "info", "notified": "success", "pending": "warning"},
    )
    def status_label(self, entry: WaitingEntry) -> tuple[str, str]:
        return entry.status, entry.get_status_display()

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_waitingentry")

    @admin.action(description=_("Take off the list"), permissions=["take_off"])
    def take_off(self, request: HttpRequest, queryset: QuerySet[WaitingEntry]) -> HttpResponse | None:
        """Take people off their lists (they asked by telephone), after asking; what was offered expires by itself."""
        form = ConfirmForm(request.POST if "apply" in request.POST else None)
        live = queryset.filter(status__in=[WaitingEntry.Status.PENDING, WaitingEntry.Status.CONFIRMED])
        form.compare("waiting-off", columns(live, "status", "confirmed_at"), may_shrink=True)

        def verb(_data: object) -> None:
            chosen = WaitingEntry.objects.filter(pk__in=form.as_shown).order_by("pk")
            number = sum(waiting.leave(entry, actor=actor(request)) for entry in chosen)
            words = ngettext("%(number)d person taken off.", "%(number)d people taken off.", number)
            self.message_user(request, words % {"number": number})

        if (
            form.is_bound
            and form.is_valid()
            and run_verb(request, form=form, scope="waiting-off", verb=verb, refusals={})
        ):
            return None
        return ask(
            self,
            request,
            live.select_related("variant__product", "collection"),
            form,
            action="take_off",
            title=gettext("Take the chosen people off the list?"),
            button=gettext("Take them off"),
            is_danger=True,
            lead=gettext("They lose their place in the line. Who asks again stands at its end."),
            describe=self.describe,
        )

    def describe(self, entry: WaitingEntry) -> str:
        """Return what somebody waits for, and since when."""
        since = entry.confirmed_at
        at = date_format(timezone.localtime(since), "SHORT_DATETIME_FORMAT") if since else ""
        return " · ".join(filter(None, [self.subject(entry), entry.get_status_display(), at]))
