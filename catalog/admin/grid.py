"""The screen of the variant grid: choose the values of two options, tick what is missing, send once."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Option, OptionValue, Product
from catalog.variants import grid
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import MoneyField, WholeField

DEFAULT_PATTERN = "{product}-{option1}-{option2}"


class GridForm(VerbForm):
    """What all variants of one submit share. The ticked cells arrive as `cell`, each the keys of its values."""

    pattern = forms.CharField(
        label=_("SKU pattern"),
        max_length=100,
        help_text=_("{product}, {option1} and {option2} stand for the codes."),
    )
    price = MoneyField(label=_("price"), min_value=Decimal("0.01"))
    compare_at_price = MoneyField(label=_("price before"), min_value=Decimal("0.01"), required=False)
    weight_grams = WholeField(label=_("weight (g)"), min_value=0, max_value=1_000_000, initial=0)
    state = forms.ChoiceField(
        label=_("state"), choices=[("active", _("on sale at once")), ("inactive", _("not on sale yet"))]
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a former price that is not higher."""
        data = super().clean() or self.cleaned_data
        before, price = data.get("compare_at_price"), data.get("price")
        if before and price and before <= price:
            self.add_error("compare_at_price", gettext("The price before must be higher than the price."))
        return data


def grid_view(model_admin: AnyAdmin, request: HttpRequest, product: Product) -> HttpResponse:
    """Show the grid of the two chosen options; make the ticked cells on POST."""
    back = reverse("admin:catalog_product_change", args=[product.pk])
    options = list(Option.objects.prefetch_related("values"))
    chosen = _chosen_options(request, product, options)
    sides = [list(option.values.all()) for option in chosen]
    form = GridForm(request.POST or None, initial=_initial(product, len(chosen)))
    cells = _ticked(request.POST.getlist("cell"), sides)
    if request.method == "POST" and form.is_valid():
        if not cells:
            form.add_error(None, gettext("Tick at least one combination."))
        elif _create(request, form, product, chosen, cells):
            return done(
                request, gettext("The variants are made. Their stock starts at zero: receive it next."), back
            )
    extra = {
        "product": product,
        "options": options,
        "chosen": chosen,
        "cells_ticked": cells,
        "grid": _rows(sides, grid.existing(product, chosen), set(cells)) if chosen else [],
        "columns": sides[1] if len(sides) > 1 else [],
        "wide_template": "admin/catalog/product/grid.html",
    }
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Variant grid"),
        subtitle=product.name,
        button=gettext("Make the ticked variants"),
        back=back,
        extra=extra,
    )


def _chosen_options(request: HttpRequest, product: Product, options: list[Option]) -> list[Option]:
    """Return the one or two options asked for, else the product's own, else colour and size."""
    by_code = {option.code: option for option in options}
    asked = [by_code[code] for code in request.GET.getlist("option") if code in by_code]
    if asked:
        return list(dict.fromkeys(asked))[:2]
    own = set(product.options.values_list("pk", flat=True))
    mine = [option for option in options if option.pk in own]
    usual = sorted(
        (option for option in options if option.kind in {Option.Kind.COLOUR, Option.Kind.SIZE}),
        key=lambda option: option.kind,
    )
    return (mine or usual)[:2]


def _initial(product: Product, sides: int) -> dict[str, Any]:
    """Offer the price and weight of the product's newest variant."""
    newest = product.variants.order_by("-created_at").first()
    initial: dict[str, Any] = {"pattern": DEFAULT_PATTERN if sides > 1 else "{product}-{option1}"}
    if newest:
        initial |= {
            "price": newest.price,
            "compare_at_price": newest.compare_at_price,
            "weight_grams": newest.weight_grams,
        }
    return initial


def _ticked(texts: Iterable[str], sides: list[list[OptionValue]]) -> list[grid.Cell]:
    """Return the cells ticked that are cells of this grid; anything else is left out."""
    known = [{value.pk for value in side} for side in sides]
    cells = []
    for text in texts:
        try:
            cell = tuple(UUID(part) for part in text.split("_"))
        except ValueError:
            continue
        if len(cell) == len(known) and all(key in side for key, side in zip(cell, known, strict=True)):
            cells.append(cell)
    return list(dict.fromkeys(cells))


def _create(
    request: HttpRequest,
    form: GridForm,
    product: Product,
    options: list[Option],
    cells: list[grid.Cell],
) -> bool:
    data = form.cleaned_data
    return run_verb(
        request,
        form=form,
        scope="variant-grid",
        verb=lambda _data: grid.create_missing(
            product,
            options=options,
            cells=cells,
            pattern=data["pattern"],
            price=data["price"],
            compare_at_price=data["compare_at_price"],
            weight_grams=data["weight_grams"],
            is_active=data["state"] == "active",
            actor=actor(request),
        ),
        refusals={
            grid.BadPattern: lambda _error: (
                "pattern",
                gettext("The pattern must hold every option, as in %s.")
                % _initial(product, len(options))["pattern"],
            ),
            grid.SkuTaken: lambda error: (
                "pattern",
                ngettext("This SKU exists already: %s", "These SKUs exist already: %s", len(error.skus))
                % ", ".join(error.skus[:8]),
            ),
        },
    )


def _rows(sides: list[list[OptionValue]], there: Any, ticked: set[grid.Cell]) -> list[dict[str, Any]]:
    """Return the grid's rows, each with its cells: the variant that is there, or a box to tick."""
    columns: list[OptionValue | None] = list(sides[1]) if len(sides) > 1 else [None]
    rows = []
    for value in sides[0]:
        cells = []
        for column in columns:
            cell = (value.pk, column.pk) if column else (value.pk,)
            key = "_".join(str(part) for part in cell)
            cells.append(
                {"key": key, "variant": there.get(cell), "is_ticked": cell in ticked, "column": column}
            )
        rows.append({"value": value, "cells": cells})
    return rows
