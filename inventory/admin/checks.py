"""Checks of the stock and repairs in the back office: what was found, what it means, and the one way to repair it."""

from typing import cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from inventory import rule_messages
from inventory.checks import repairs, runner
from inventory.models import StockCheck, StockLevel, StockRepair, StockViolation
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.jobs import run_by_name


class CheckForm(VerbForm):
    """Nothing to fill in: only to confirm."""


class RepairForm(VerbForm):
    """Which figure to recompute from its rows, and why."""

    figure = forms.ChoiceField(
        label=_("figure"),
        choices=[
            (repairs.Figure.ON_HAND, _("on hand, by the sum of the movements")),
            (repairs.Figure.RESERVED, _("reserved, by the sum of the active holds")),
        ],
    )
    reason = forms.CharField(label=_("why"), max_length=300)


class ViolationInline(HistoryInline[StockViolation]):
    model = StockViolation
    hide_title = True
    fields = ("rule_name", "about", "was_expected", "was_found", "meaning")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockViolation]:
        return super().get_queryset(request).select_related("level__variant__product", "level__location")

    @display(description=_("rule"))
    def rule_name(self, violation: StockViolation) -> str:
        return rule_messages.name(violation.code, violation.rule)

    @display(description=_("expected"))
    def was_expected(self, violation: StockViolation) -> str:
        return rule_messages.answer(violation.code, violation.answers.get("expected"), violation.expected)

    @display(description=_("found"))
    def was_found(self, violation: StockViolation) -> str:
        return rule_messages.answer(violation.code, violation.answers.get("found"), violation.found)

    @display(description=_("explanation"))
    def meaning(self, violation: StockViolation) -> str:
        """Return the explanation in the reader's language; a row written before there were codes shows its text."""
        return rule_messages.explanation(violation.code, violation.facts, violation.explanation) or "—"

    @display(description=_("about"))
    def about(self, violation: StockViolation) -> str:
        """Link to the level's explanation, or to the row itself."""
        if violation.level:
            why = reverse("admin:inventory_stocklevel_why", args=[violation.level_id])
            return format_html('<a class="bo-link" href="{}">{}</a>', why, violation.level)
        return format_html("{}<br>{}", violation.subject_type, violation.subject_id)


def _violations(count: int) -> str:
    return ngettext("%d violation", "%d violations", count) % count


@admin.register(StockCheck)
class StockCheckAdmin(HistoryAdmin[StockCheck]):
    """Every check of the stock, with what it found. It repairs nothing."""

    list_display = ["created_at", "outcome", "rule_count", "acted_by"]
    date_hierarchy = "created_at"
    fields = [("created_at", "finished_at"), ("rule_count", "violation_count"), "acted_by"]
    readonly_fields = ["created_at"]
    inlines = [ViolationInline]
    actions_list = ["check_now"]

    @display(
        description=_("outcome"),
        ordering="violation_count",
        label={"true": "success", "lies": "danger", "unfinished": "warning"},
    )
    def outcome(self, check: StockCheck) -> tuple[str, str]:
        if check.finished_at is None:
            return "unfinished", gettext("not finished")
        if check.violation_count:
            return "lies", _violations(check.violation_count)
        return "true", gettext("all true")

    def has_check_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.add_stockcheck")

    @action(description=_("Check now"), url_path="check-now", icon="rule", permissions=["check"])
    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Run every rule now and show what was found."""
        form = CheckForm(request.POST or None)
        back = reverse("admin:inventory_stockcheck_changelist")
        if request.method == "POST" and form.is_valid():
            result = cast("dict[str, int]", run_by_name("check_invariants"))
            newest = StockCheck.objects.only("pk").first()
            if newest and result["violations"]:
                back = reverse("admin:inventory_stockcheck_change", args=[newest.pk])
            return done(request, gettext("Checked: %s.") % _violations(result["violations"]), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Check the whole stock now?"),
            button=gettext("Check"),
            back=back,
            lead=gettext("%d rules are asked. Nothing is changed.") % len(runner.rules()),
        )


@admin.register(StockRepair)
class StockRepairAdmin(HistoryAdmin[StockRepair]):
    """Every repair: which figure, from what to what, by whom and why."""

    list_display = ["created_at", "level", "figure", "before", "after", "reason", "acted_by"]
    list_filter = [("figure", ChoicesDropdownFilter)]
    list_select_related = ["level__variant__product", "level__location"]
    search_fields = ["level__variant__sku", "reason", "actor"]
    date_hierarchy = "created_at"


def repair_view(model_admin: AnyAdmin, request: HttpRequest, key: str) -> HttpResponse:
    """Recompute one figure of a level from its rows by `repairs.repair`."""
    level = row(StockLevel.objects.select_related("variant__product", "location"), key)
    form = RepairForm(request.POST or None)
    back = reverse("admin:inventory_stocklevel_why", args=[level.pk])
    made: list[StockRepair] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-repair",
            verb=lambda data: made.append(
                repairs.repair(
                    level_id=level.pk, figure=data["figure"], reason=data["reason"], actor=actor(request)
                )
            ),
            refusals={
                repairs.NothingToRepair: lambda error: (
                    "figure",
                    gettext("This figure agrees with its rows."),
                ),
                repairs.CannotRepair: lambda error: (
                    "figure",
                    gettext("Its rows say what cannot be: release holds or correct the ledger first."),
                ),
            },
        )
    ):
        return done(request, str(made[0]) if made else "", back)
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Repair a figure"),
        subtitle=str(level),
        button=gettext("Repair"),
        back=back,
        is_danger=True,
        lead=gettext(
            "The figure is set to the sum of its rows, and the repair is kept for ever with your name."
        ),
    )
