"""Products: their facts and pictures, and the link to the grid that makes their variants."""

from decimal import Decimal
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from catalog import product_pictures
from catalog.admin import prices_before
from catalog.admin.grid import grid_view
from catalog.models import Product, ProductImage, Variant
from catalog.variants import selling_history
from shop.core.backoffice.base import BackOfficeAdmin, BackOfficeInline, Counted, Overrides, row
from shop.core.backoffice.public_texts import PublicTexts
from shop.core.money import display as money
from shop.core.pictures import PictureField
from shop.core.pictures.video import VideoField
from shop.core.pictures.widgets import PictureInput, PicturesField, VideoInput


class Priced(Protocol):
    """A product of the list, with what its variants cost."""

    lowest: Decimal | None
    highest: Decimal


class ProductImageInline(BackOfficeInline[ProductImage]):
    model = ProductImage
    extra = 0
    fields = ["file", "alt", "colour", "view", "focus_x", "focus_y", "video", "sort_order"]
    autocomplete_fields = ["colour"]
    ordering_field = "sort_order"  # By dragging, and by the number where there is no script.
    formfield_overrides: ClassVar[Overrides] = {
        **BackOfficeInline.formfield_overrides,
        PictureField: {"widget": PictureInput},
        VideoField: {"widget": VideoInput},
    }

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Ask for the words of a picture where they are missing, and label narrow columns shortly."""
        if db_field.name == "alt":
            kwargs |= {"label": _("description"), "help_text": db_field.verbose_name}
        elif db_field.name in _SHORT:
            kwargs["label"] = _SHORT[db_field.name]
        field: forms.Field | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "alt" and field is not None:
            field.widget.attrs["placeholder"] = gettext("What is to be seen?")
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductImage]:
        return super().get_queryset(request).select_related("colour__option")


_SHORT: Final = {"focus_x": _("focus → %"), "focus_y": _("focus ↓ %")}


class WordsFilter(admin.SimpleListFilter):
    """Products by whether their pictures are described for those who cannot see them."""

    title = _("words of pictures")
    parameter_name = "words"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("missing", gettext("missing")), ("there", gettext("there"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Keep products with a picture that has no words, or those without such a picture."""
        missing = Exists(ProductImage.objects.filter(product=OuterRef("pk"), alt=""))
        match self.value():
            case "missing":
                return queryset.filter(missing)
            case "there":
                return queryset.filter(~missing)
        return queryset


def _without_words(object_id: str) -> str:
    """Return a sentence about pictures of the product that nobody has described; "" when there are none."""
    try:
        number = ProductImage.objects.filter(product=UUID(object_id), alt="").count()
    except ValueError:
        return ""
    if not number:
        return ""
    return ngettext(
        "%(number)s picture says nothing to those who cannot see it: write what is to be seen.",
        "%(number)s pictures say nothing to those who cannot see them: write what is to be seen.",
        number,
    ) % {"number": number}


class ProductForm(forms.ModelForm[Product]):
    """A product, and pictures that are added to it."""

    new_pictures = PicturesField(
        label=_("New pictures"),
        required=False,
        most=product_pictures.MOST,
        help_text=_("Several at once. Each becomes a row below, where its colour and view are chosen."),
    )

    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007  (the fieldsets of the page say which)


def _warning(object_id: str) -> str:
    try:
        return prices_before.words(selling_history.without(product=UUID(object_id)))
    except ValueError:  # No key: the admin itself says that there is no such product.
        return ""


class VariantInline(BackOfficeInline[Variant]):
    model = Variant
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ["sku", "name", "price", "compare_at_price", "max_per_order", "is_active"]
    readonly_fields = ["name"]
    per_page = 60

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(PublicTexts[Product], BackOfficeAdmin[Product]):
    """What is sold. Variants are made in the grid and priced in the list below."""

    public_texts = ("name", "summary", "description", "care")

    form = ProductForm
    list_display = ["name", "brand", "category", "number_of_variants", "prices", "is_active", "published_at"]
    list_filter = [
        "is_active",
        WordsFilter,
        ("brand", RelatedDropdownFilter),
        ("category", RelatedDropdownFilter),
        "collections",
    ]
    list_select_related = ["brand", "category"]
    search_fields = ["name", "slug", "brand__name", "variants__sku", "variants__barcode"]
    command_rank, command_icon = 3, "checkroom"
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["brand", "category", "supplier"]
    inlines = [ProductImageInline, VariantInline]
    actions_detail = ["variant_grid"]
    fieldsets = [
        (
            None,
            {"fields": [("name", "slug"), ("brand", "category"), ("supplier", "is_active"), "published_at"]},
        ),
        (_("Words"), {"fields": ["summary", "description", "care"]}),
        (_("Add pictures"), {"fields": ["new_pictures"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        found: QuerySet[Product] = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "") != "catalog_product_changelist":
            return found
        return found.annotate(
            number=Count("variants", distinct=True),
            lowest=Min("variants__price"),
            highest=Max("variants__price"),
        )

    change_form_outer_before_template = "admin/catalog/product/notes.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the product, and above it the warnings about its prices before and pictures (two queries more)."""
        context = dict(extra_context or {})
        if request.method == "GET":
            context["never_asked"] = _warning(object_id)
            context["without_words"] = _without_words(object_id)
        return super().change_view(request, object_id, form_url, context)

    @display(description=_("variants"), ordering="number")
    def number_of_variants(self, product: Counted) -> int:
        return product.number

    @display(description=_("price"), ordering="lowest")
    def prices(self, product: "Priced") -> str:
        if product.lowest is None:
            return "—"
        low, high = money(product.lowest), money(product.highest)
        return low if low == high else f"{low} – {high}"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inline rows, then add the new pictures; each file that is not a picture is reported."""
        super().save_related(request, form, formsets, change)
        for refused in product_pictures.add(form.instance, form.cleaned_data.get("new_pictures") or []):
            words = gettext("«%(name)s» was not added: %(reason)s")
            messages.error(request, words % {"name": refused.name, "reason": refused.reason})
        prices_before.warn(request, selling_history.without(product=form.instance.pk))

    def has_variant_grid_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("catalog.add_variant")

    @action(
        description=_("Variant grid"),
        url_path="grid",
        icon="grid_on",
        permissions=["variant_grid"],
    )
    def variant_grid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make variants of two options in one submit."""
        return grid_view(self, request, row(Product.objects.all(), object_id))
