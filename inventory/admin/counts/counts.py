"""Physical counts in the back office: started, counted blind, approved with permission; each with its entries."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from catalog.models import Category
from inventory import counts
from inventory.admin.counts import count_pages
from inventory.counts import errors
from inventory.counts.messages import explain
from inventory.models import Location, StockCount
from shop.core.audit import actors
from shop.core.backoffice.base import HistoryAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, form_page, run_verb

STATUS_TONES = {"counting": "info", "review": "warning", "approved": "success", "cancelled": "default"}


class CategoryField(forms.ModelChoiceField[Category]):
    """A category, indented by its depth."""

    def label_from_instance(self, obj: Category) -> str:
        return f"{'— ' * (obj.depth - 1)}{obj.name}"


class StartForm(VerbForm):
    """Where to count, and what."""

    location = forms.ModelChoiceField(label=_("location"), queryset=Location.objects.all())
    category = CategoryField(
        label=_("category"),
        queryset=Category.objects.order_by("path"),
        required=False,
        empty_label=_("everything there"),
    )
    note = forms.CharField(label=_("note"), max_length=300, required=False)


@admin.register(StockCount)
class StockCountAdmin(HistoryAdmin[StockCount]):
    """Counts, newest first. A count is entered and approved on its own page."""

    list_display = [
        "number",
        "status_label",
        "location",
        "category",
        "progress",
        "frozen_at",
        "opener",
        "approver",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("location", RelatedDropdownFilter)]
    list_select_related = ["location", "category"]
    search_fields = ["number", "note", "opened_by", "approved_by"]
    date_hierarchy = "frozen_at"
    actions_list = ["start"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockCount]:
        found: QuerySet[StockCount] = super().get_queryset(request).select_related("location", "category")
        if getattr(request.resolver_match, "url_name", "") == "inventory_stockcount_changelist":
            counted = Count("lines", filter=Q(lines__counted__isnull=False))
            return found.annotate(line_count=Count("lines"), counted_count=counted)
        return found

    @display(description=_("status"), ordering="status", label=STATUS_TONES)
    def status_label(self, count: StockCount) -> tuple[str, str]:
        return count.status, count.get_status_display()

    @display(description=_("opened by"), ordering="opened_by")
    def opener(self, count: StockCount) -> str:
        return actors.label(count.opened_by)

    @display(description=_("approved by"), ordering="approved_by")
    def approver(self, count: StockCount) -> str:
        return actors.label(count.approved_by) or "—"

    @display(description=_("counted"))
    def progress(self, count: Any) -> str:
        return f"{count.counted_count} / {count.line_count}"

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the count's verbs before the admin's own."""
        guarded = self.admin_site.admin_view
        own = [
            ("scan", self.scan_view),
            ("figures", self.figures_view),
            ("file", self.file_view),
            ("paper", self.print_view),
            ("sheet.csv", self.sheet_view),
        ]
        pages = [
            path(f"<uuid:key>/{name}/", guarded(view), name=f"inventory_stockcount_{name.partition('.')[0]}")
            for name, view in own
        ]
        verbs = path(
            "<uuid:key>/do/<slug:verb>/", guarded(self.decide_view), name="inventory_stockcount_decide"
        )
        return [*pages, verbs, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the counting page while it is counted, the differences afterwards."""
        require(request, "inventory.view_stockcount")
        count = row(StockCount.objects.select_related("location", "category"), object_id)
        if count.status == StockCount.Status.COUNTING:
            return count_pages.counting_page(self, request, count)
        return count_pages.review_page(self, request, count)

    def has_start_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.add_stockcount")

    @action(description=_("Start a count"), url_path="start", icon="fact_check", permissions=["start"])
    def start(self, request: HttpRequest) -> HttpResponse:
        """Freeze what the books expect and open the counting page."""
        form = StartForm(request.POST or None)
        opened: list[StockCount] = []
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="stock-count",
                verb=lambda data: opened.append(
                    counts.open_count(
                        location_id=data["location"].pk,
                        category_id=data["category"].pk if data["category"] else None,
                        note=data["note"],
                        actor=actor(request),
                    )
                ),
                refusals={errors.CountRefused: lambda error: ("location", explain(error))},
            )
        ):
            if opened:
                return redirect(count_pages.page_of(opened[0]))
            return redirect("admin:inventory_stockcount_changelist")
        return form_page(
            request,
            self,
            form,
            title=gettext("Start a count"),
            button=gettext("Freeze and count"),
            back=reverse("admin:inventory_stockcount_changelist"),
            lead=gettext("What the books expect is noted at this moment. Selling goes on while you count."),
        )

    def scan_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return self._post(request, key, count_pages.scan)

    def figures_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return self._post(request, key, count_pages.figures)

    def file_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return self._post(request, key, count_pages.upload)

    def _post(self, request: HttpRequest, key: Any, page: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        require(request, "inventory.add_stockcount")
        answer: HttpResponse = page(request, row(StockCount.objects.all(), key))
        return answer

    def print_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Show the blind list for printing."""
        require(request, "inventory.view_stockcount")
        return count_pages.print_page(
            request, row(StockCount.objects.select_related("location", "category"), key)
        )

    def sheet_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the blind list as a file."""
        require(request, "inventory.view_stockcount")
        return count_pages.sheet_file(request, row(StockCount.objects.select_related("location"), key))

    def decide_view(self, request: HttpRequest, key: Any, verb: str) -> HttpResponse:
        """Submit, cancel (who counts); approve, send back (who approves)."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        may_approve = request.user.has_perm("inventory.approve_stockcount")
        if verb in {"approve", "send-back"}:
            require(request, "inventory.approve_stockcount")
        elif verb != "cancel" or not may_approve:
            require(request, "inventory.add_stockcount")
        return count_pages.decide(request, row(StockCount.objects.all(), key), verb)
