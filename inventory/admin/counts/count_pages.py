"""The pages of a physical count: counting blind, and reviewing the differences."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from inventory import codes, counts
from inventory.admin.exchange.export_jobs import hand_out
from inventory.counts import count_files, errors
from inventory.counts.messages import explain
from inventory.models import ExportJob, StockCount, StockCountEntry, StockMovement
from shop.core.backoffice.act_fingerprint import ChangedMeanwhile, Shows, columns
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import CHANGED_MEANWHILE, AnyAdmin
from shop.core.ids import token
from shop.core.spreadsheets.sheets import Unreadable
from shop.core.user_input.fields import WholeField

PER_PAGE = 50
UNITS = WholeField(required=False)


def page_of(count: StockCount, *, query: str = "") -> str:
    """Return the address of the count's page."""
    address = reverse("admin:inventory_stockcount_change", args=[count.pk])
    return f"{address}?{query}" if query else address


def counting_page(model_admin: AnyAdmin, request: HttpRequest, count: StockCount) -> HttpResponse:
    """Show the counting page: it does not show the book quantities."""
    lines = count.lines.select_related("level__variant__product")
    words, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    shown = lines.order_by("level__bin", "level__variant__product__name", "level__variant__sort_order", "pk")
    if words:
        variant = "level__variant__"
        shown = shown.filter(
            Q(**{f"{variant}sku__icontains": words})
            | Q(**{f"{variant}barcode": words})
            | Q(**{f"{variant}product__name__icontains": words})
            | Q(level__bin__icontains=words)
        )
    if only == "open":
        shown = shown.filter(counted=None)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "count": count,
        "title": f"{count.number} · {count.location}",
        "q": words,
        "only": only,
        "total": lines.count(),
        "counted": lines.filter(counted__isnull=False).count(),
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "may_count": request.user.has_perm("inventory.add_stockcount"),
        "key": token(),
        "scans": _last_scans(count, request),
        "now": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }
    return TemplateResponse(request, "admin/inventory/stockcount/counting.html", context)


def _last_scans(count: StockCount, request: HttpRequest) -> Any:
    entries = StockCountEntry.objects.filter(
        line__stock_count=count, source=StockCountEntry.Source.SCAN, actor=actor(request)
    )
    return entries.select_related("line__level__variant__product").order_by("-created_at", "-pk")[:10]


def review_page(model_admin: AnyAdmin, request: HttpRequest, count: StockCount) -> HttpResponse:
    """Show what was found beside what the books say, net of what moved, and who may decide."""
    result = counts.outcome(count)
    lines = count.lines.select_related("level__variant__product")
    if request.GET.get("only") != "all":
        lines = lines.filter(Q(counted__isnull=False) & ~Q(counted=F("book")) | Q(moved_meanwhile=True))
    lines = lines.order_by("level__variant__product__name", "level__variant__sort_order", "pk")
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    costs = _costs([line.level.variant_id for line in page])
    for line in page:
        cost = costs.get(line.level.variant_id)
        line.value = None if cost is None or line.difference is None else cost * line.difference  # type: ignore[attr-defined]
    by_second = not (result.needs_second and counts.has_part(count, actor(request)))
    may_approve = request.user.has_perm("inventory.approve_stockcount")
    is_open = count.status == StockCount.Status.REVIEW
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "count": count,
        "title": f"{count.number} · {count.location}",
        "result": result,
        "page": page,
        "is_open": is_open,
        "shown": handed_in(count).signed() if may_approve and is_open else "",
        "may_decide": may_approve and is_open,
        "by_second": by_second,
        "only": request.GET.get("only", ""),
        "may_cancel": request.user.has_perm("inventory.add_stockcount") or may_approve,
    }
    return TemplateResponse(request, "admin/inventory/stockcount/review.html", context)


def handed_in(count: StockCount) -> Shows:
    """Return the version of a count that waits for approval: its figures change only by a new submission."""
    own = StockCount.objects.filter(pk=count.pk)
    return Shows(f"count:{count.pk}", columns(own, "status", "submitted_at"), may_shrink=False)


def _costs(variant_ids: list[UUID]) -> dict[UUID, Any]:
    """Return what each variant cost when it was last bought (one query)."""
    bought = StockMovement.objects.filter(
        variant_id__in=variant_ids, kind=StockMovement.Kind.PURCHASE, unit_cost__isnull=False, quantity__gt=0
    )
    return dict(
        bought.order_by("variant_id", "-id").distinct("variant_id").values_list("variant_id", "unit_cost")
    )


def print_page(request: HttpRequest, count: StockCount) -> HttpResponse:
    """Show the blind list as a sheet to fill in by hand."""
    context = {"count": count, "lines": count_files.sheet_lines(count), "back": page_of(count)}
    return TemplateResponse(request, "admin/inventory/stockcount/paper.html", context)


def sheet_file(request: HttpRequest, count: StockCount) -> HttpResponse:
    """Return the blind list as a file to fill in, or have a worker make it."""
    return hand_out(
        request,
        contents=ExportJob.Contents.COUNT,
        form=ExportJob.Form.CSV,
        filters={"count": str(count.pk)},
        about=f"{count.number} · {count.location}",
        back=page_of(count),
    )


def scan(request: HttpRequest, count: StockCount) -> HttpResponse:
    """Take one scan (POST): JSON for the scanner's script, otherwise back to the page with the field in focus."""
    code = request.POST.get("code", "")[:100]
    try:
        units = UNITS.clean(request.POST.get("quantity", "1")) or 1
        line = counts.scan(
            count_id=count.pk,
            code=code,
            quantity=units,
            key=request.POST.get("key", "")[:64],
            actor=actor(request),
        )
    except (errors.CountRefused, codes.CodeRefused, ValidationError, ValueError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else explain(error)
        return _scan_answer(request, count, {"ok": False, "words": words, "code": code})
    variant = line.level.variant
    words = ngettext(
        "%(units)+d × %(sku)s %(product)s %(variant)s: %(counted)d counted",
        "%(units)+d × %(sku)s %(product)s %(variant)s: %(counted)d counted",
        line.counted or 0,
    ) % {
        "units": units,
        "sku": variant.sku,
        "product": variant.product.name,
        "variant": variant.name,
        "counted": line.counted or 0,
    }
    counted = count.lines.filter(counted__isnull=False).count()
    return _scan_answer(
        request,
        count,
        {
            "ok": True,
            "words": words,
            "code": code,
            "line": str(line.pk),
            "counted": line.counted,
            "lines": counted,
        },
    )


def _scan_answer(request: HttpRequest, count: StockCount, answer: dict[str, Any]) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(answer)
    (messages.success if answer["ok"] else messages.error)(request, answer["words"])
    return redirect(page_of(count))


def figures(request: HttpRequest, count: StockCount) -> HttpResponse:
    """Set the figures that were typed or changed (POST `line-<key>`, with the former figure as `was-<key>`).

    A line that somebody else has counted since it was shown is left as it is, and both figures are shown. A figure that
    is not a number is reported with its SKU; the others of the page are kept.
    """
    typed: dict[UUID, tuple[int, int | None]] = {}
    wrong: dict[str, str] = {}
    for name, text in request.POST.dict().items():
        before = request.POST.get(f"was-{name[5:]}", "").strip()
        if not name.startswith("line-") or text.strip() in {"", before}:
            continue
        try:
            typed[UUID(name[5:])] = UNITS.clean(text) or 0, UNITS.clean(before)
        except (ValueError, ValidationError):
            wrong[name[5:]] = text
    _tell_wrong(request, count, wrong)
    wanted: dict[UUID, int] = {}
    for line in count.lines.filter(pk__in=typed).select_related("level__variant"):
        units, before_units = typed[line.pk]
        if line.counted not in {before_units, units}:
            words = gettext(
                "%(sku)s: somebody else has counted %(theirs)s meanwhile, you typed %(mine)s. Theirs stands; type it "
                "again to change it."
            )
            said = {"sku": line.level.variant.sku, "theirs": line.counted, "mine": units}
            messages.warning(request, words % said)
        else:
            wanted[line.level_id] = units
    if not wanted:
        return redirect(page_of(count, query=request.POST.get("query", "")))
    _act(
        request,
        lambda: counts.put(
            count_id=count.pk, figures=wanted, counted_at=_moment(request), actor=actor(request)
        ),
        lambda taken: ngettext("%d line is counted.", "%d lines are counted.", taken) % taken,
    )
    return redirect(page_of(count, query=request.POST.get("query", "")))


def _tell_wrong(request: HttpRequest, count: StockCount, wrong: dict[str, str]) -> None:
    """Report which lines have figures that are not numbers of units."""
    if not wrong:
        return
    skus = {str(key): sku for key, sku in count.lines.values_list("pk", "level__variant__sku")}
    for key, text in wrong.items():
        words = gettext("%s is not a number of units.") % text
        messages.error(request, f"{skus[key]}: {words}" if key in skus else words)


def upload(request: HttpRequest, count: StockCount) -> HttpResponse:
    """Take a file of figures (POST)."""
    file: Any = request.FILES.get("file")
    if file is None:
        messages.error(request, gettext("Choose a file first."))
        return redirect(page_of(count))
    _act(
        request,
        lambda: count_files.take(
            count_id=count.pk,
            content=file.read(),
            file_name=file.name,
            counted_at=_moment(request),
            actor=actor(request),
        ),
        lambda taken: ngettext("%d line is counted.", "%d lines are counted.", taken) % taken,
    )
    return redirect(page_of(count))


def _moment(request: HttpRequest) -> datetime | None:
    """Return when it was counted, in the shop's time, if that was said and is understood."""
    text = request.POST.get("counted_at", "").strip()
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and moment is None:
        raise forms.ValidationError(gettext("%s is not a moment.") % text)
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def decide(request: HttpRequest, count: StockCount, verb: str) -> HttpResponse:
    """Submit, approve, send back or cancel (POST); show the result."""
    who, why = actor(request), request.POST.get("reason", "")[:300]
    match verb:
        case "submit":
            zero = request.POST.get("uncounted") == "zero"
            _act(
                request,
                lambda: counts.submit(count_id=count.pk, uncounted_are_zero=zero, actor=who),
                lambda _count: gettext("The count is handed in. Its differences are below."),
            )
        case "approve":
            _act(
                request,
                lambda: _approve_as_shown(count, request.POST.get(Shows.FIELD), who),
                lambda made: (
                    ngettext(
                        "Approved; %d level is corrected.", "Approved; %d levels are corrected.", len(made)
                    )
                    % len(made)
                ),
            )
        case "send-back":
            chosen = _keys(request.POST.getlist("line"))
            _act(
                request,
                lambda: counts.send_back(count_id=count.pk, line_ids=chosen, reason=why, actor=who),
                lambda _count: gettext("The count is open again."),
            )
        case "cancel":
            _act(
                request,
                lambda: counts.cancel(count_id=count.pk, reason=why, actor=who),
                lambda _count: gettext("The count is cancelled; nothing was corrected."),
            )
    return redirect(page_of(count))


def _approve_as_shown(count: StockCount, sent: str | None, who: str) -> list[StockMovement]:
    with transaction.atomic():
        version = handed_in(count)
        version.demand(version.read(sent))
        return counts.approve(count_id=count.pk, actor=who)


def _keys(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _act(request: HttpRequest, verb: Callable[[], Any], words: Callable[[Any], str]) -> None:
    """Call a verb and show its result or refusal as a message."""
    try:
        messages.success(request, words(verb()))
    except ChangedMeanwhile:
        messages.error(request, CHANGED_MEANWHILE)
    except count_files.BadFile as error:
        for problem in error.problems[:20]:
            messages.error(request, problem)
        if len(error.problems) > 20:
            messages.error(request, gettext("… and %s more.") % (len(error.problems) - 20))
    except (errors.CountRefused, codes.CodeRefused, Unreadable, forms.ValidationError) as error:
        plain = isinstance(error, Unreadable | forms.ValidationError)
        text = error.messages[0] if isinstance(error, forms.ValidationError) else str(error)
        messages.error(request, text if plain else explain(error))
