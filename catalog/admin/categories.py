"""The category tree: an indented list, moved by arrows or by choosing another parent."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.listing import category_tree
from catalog.models import Category
from shop.core.backoffice.base import BackOfficeAdmin, Counted, require
from shop.core.backoffice.public_texts import PublicTexts


class ParentField(forms.ModelChoiceField[Category]):
    """A category, indented by its depth."""

    def label_from_instance(self, obj: Category) -> str:
        return f"{'— ' * (obj.depth - 1)}{obj.name}"


class CategoryForm(forms.ModelForm[Category]):
    """A category and its place in the tree."""

    parent = ParentField(
        label=_("stands below"),
        queryset=Category.objects.order_by("path"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=_("(at the top)"),
    )

    class Meta:
        model = Category
        fields = ["name", "slug", "description", "size_guide", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["parent"].initial = category_tree.tree.get_parent(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse an impossible place or slug with an error beside its field, before anything is saved."""
        data = super().clean() or self.cleaned_data
        parent, own = data.get("parent"), self.instance
        if parent and not own._state.adding and parent.path.startswith(own.path):
            raise ValidationError({"parent": gettext("A category cannot stand below itself.")})
        if slug := data.get("slug"):
            address = f"{parent.path_slug}/{slug}" if parent else slug
            if Category.objects.filter(path_slug=address).exclude(pk=own.pk).exists():
                raise ValidationError(
                    {"slug": gettext("Another category has the address %s already.") % address}
                )
        return data

    def clean_size_guide(self) -> Any:
        """Accept an empty guide, or columns and rows of the same width."""
        guide = self.cleaned_data["size_guide"] or {}
        rows, columns = (
            (guide.get("rows", []), guide.get("columns", [])) if isinstance(guide, dict) else ([], None)
        )
        if columns is None or any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
            raise ValidationError(gettext("Write columns, and rows with as many entries each."))
        return guide


@admin.register(Category)
class CategoryAdmin(PublicTexts[Category], BackOfficeAdmin[Category]):
    """The tree, in its own order."""

    public_texts = ("name", "description")

    form = CategoryForm
    list_display = ["tree_name", "path_slug", "number_of_products", "is_active", "arrows"]
    list_display_links = ["tree_name"]
    list_filter = ["is_active"]
    search_fields = ["name", "path_slug"]
    ordering = ["path"]
    list_per_page = 500
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [(None, {"fields": [("name", "slug"), ("parent", "is_active"), "description", "size_guide"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(number=Count("products")).order_by("path")

    @display(description=_("name"))
    def tree_name(self, category: Category) -> str:
        return format_html(
            '<span class="bo-depth bo-depth-{}">{}</span>', min(category.depth, 6), category.name
        )

    @display(description=_("products"))
    def number_of_products(self, category: Counted) -> int:
        return int(category.number)

    @display(description=pgettext_lazy("sequence", "order"))
    def arrows(self, category: Category) -> str:
        move = reverse("admin:catalog_category_shift", args=[category.pk])
        return format_html(
            '<button class="bo-arrow" type="submit" formmethod="post" formaction="{0}?to=up&amp;at={3}" '
            'title="{1}">↑</button>'
            '<button class="bo-arrow" type="submit" formmethod="post" formaction="{0}?to=down&amp;at={3}" '
            'title="{2}">↓</button>',
            move,
            gettext("Up"),
            gettext("Down"),
            category.path,
        )

    def get_urls(self) -> list[URLPattern]:
        shift = path(
            "<int:pk>/shift/", self.admin_site.admin_view(self.shift_view), name="catalog_category_shift"
        )
        return [shift, *super().get_urls()]

    def shift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move a category among its siblings (POST from the list)."""
        require(request, "catalog.change_category")
        category = get_object_or_404(Category, pk=pk)
        is_up, at = request.GET.get("to") == "up", request.GET.get("at", "")
        try:
            if request.method == "POST" and not category_tree.shift(category, up=is_up, seen_at=at):
                messages.info(request, gettext("It stands at the end of its row already."))
        except category_tree.MovedMeanwhile:
            messages.warning(
                request, gettext("Nothing was moved: the order has changed meanwhile. This is how it is now.")
            )
        return redirect("admin:catalog_category_changelist")

    def save_model(
        self, request: HttpRequest, obj: Category, form: forms.ModelForm[Any], change: bool
    ) -> None:
        """Place the category in the tree by `category_tree.place`."""
        placed = category_tree.place(obj, parent=form.cleaned_data.get("parent"))
        obj.pk = placed.pk

    def goes_along(self, rows: Sequence[Category]) -> Sequence[Category]:
        """Return the categories with all their descendants, which are deleted with them."""
        below = [Q(path__startswith=row.path) for row in rows]
        return list(Category.objects.filter(reduce(or_, below))) if below else []

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        """Delete node by node, so that the counts of children stay correct."""
        for category in queryset.order_by("-path"):
            category.delete()
