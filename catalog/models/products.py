"""Products, their options and variants, brands, suppliers, the category tree and the pictures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from treebeard.mp_tree import MP_Node

from catalog.models.announcements import announce_product
from catalog.models.changes import changes_catalogue
from catalog.models.kept_addresses import keep_address
from catalog.models.listing_marks import marks_listing
from shop.core import codes
from shop.core.database.public_numbers import PublicNumberField, never_changes
from shop.core.models import BaseModel
from shop.core.pictures import FocusField, HasPictures, PictureField, RenditionsField
from shop.core.pictures.markup import Picture
from shop.core.pictures.video import VideoField
from shop.core.user_input.fields import ModelMoneyField
from shop.core.web.public_addresses import address_of


class Brand(BaseModel):
    """Who makes it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]
        triggers = [changes_catalogue(), marks_listing("brand", "id")]

    def __str__(self) -> str:
        return self.name


class Supplier(BaseModel):
    """Who we buy it from."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=250, blank=True)
    tax_id = models.CharField(_("tax number"), max_length=30, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Category(MP_Node):
    """A node of the category tree. `path_slug` is the address: `pantalones/jeans`."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(max_length=80)
    path_slug = models.CharField(max_length=250, unique=True)
    description = models.TextField(_("description"), blank=True)
    size_guide = models.JSONField(
        _("size guide"),
        default=dict,
        blank=True,
        help_text=_('A table: {"columns": ["Size", "Chest (cm)"], "rows": [["S", "52"]]}.'),
    )
    is_active = models.BooleanField(_("visible"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        triggers = [
            keep_address("category", "path_slug"),
            changes_catalogue(),
            marks_listing("category", "id"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address_of("catalog:category", self.path_slug)


class Product(BaseModel):
    """Something that is sold, in one or more variants."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    brand = models.ForeignKey(
        Brand, verbose_name=_("brand"), on_delete=models.PROTECT, related_name="products"
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="products"
    )
    supplier = models.ForeignKey(
        Supplier,
        verbose_name=_("supplier"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="products",
    )
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    care = models.TextField(_("fabric and care"), blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    options: models.ManyToManyField[Option, Any] = models.ManyToManyField(
        "Option", verbose_name=_("options"), related_name="products", blank=True
    )

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-published_at", "-created_at"]
        indexes = [
            models.Index(
                fields=["category", "-published_at", "-id"],
                name="product_category",
                condition=Q(is_active=True),
            ),
            models.Index(fields=["-published_at", "-id"], name="product_newest", condition=Q(is_active=True)),
        ]
        triggers = [
            keep_address("product", "slug"),
            changes_catalogue(),
            announce_product("id"),
            marks_listing("product", "id"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address_of("catalog:product", self.slug)


class Option(BaseModel):
    """A way in which variants differ: size, colour, fit, material and the like."""

    class Kind(models.TextChoices):
        SIZE = "size", _("size")
        COLOUR = "colour", _("colour")
        OTHER = "other", _("other")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OTHER)
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["sort_order", "name"]
        triggers = [changes_catalogue(), marks_listing("option", "id")]

    def __str__(self) -> str:
        return self.name


class OptionValue(BaseModel):
    """One value of an option, with its place in the order (XS < S < M) and, for colours, its swatch."""

    option = models.ForeignKey(
        Option, verbose_name=_("option"), on_delete=models.PROTECT, related_name="values"
    )
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=60)
    swatch = models.CharField(
        _("swatch"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")],
        help_text=_("Hexadecimal colour such as #6b6f48."),
    )
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("option value")
        verbose_name_plural = _("option values")
        ordering = ["option__sort_order", "sort_order", "name"]
        constraints = [models.UniqueConstraint(fields=["option", "code"], name="optionvalue_unique")]
        triggers = [changes_catalogue(), marks_listing("value", "id")]

    def __str__(self) -> str:
        return self.name


class Variant(BaseModel):
    """What is bought, stocked and counted: one SKU. Prices include taxes, in the shop's currency."""

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="variants"
    )
    public_number = PublicNumberField(_("number"), sequence="catalog_variant_public_number")
    sku = codes.CodeField("SKU", max_length=60, unique=True)
    barcode = codes.CodeField(_("barcode"), max_length=32, blank=True)
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("Oliva / M; made from the values.")
    )
    price = ModelMoneyField(_("price"), validators=[MinValueValidator(Decimal("0.01"))])
    compare_at_price = ModelMoneyField(_("price before"), null=True, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight (g)"), default=0)
    # As it is packed; 0: not measured, and the shop's usual parcel counts.
    length_mm = models.PositiveIntegerField(_("length (mm)"), default=0, db_default=0)
    width_mm = models.PositiveIntegerField(_("width (mm)"), default=0, db_default=0)
    height_mm = models.PositiveIntegerField(_("height (mm)"), default=0, db_default=0)
    max_per_order = models.PositiveSmallIntegerField(_("most per order"), null=True, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)
    sort_order = models.PositiveIntegerField(pgettext_lazy("sequence", "order"), default=0)
    values = models.ManyToManyField(
        OptionValue, verbose_name=_("values"), through="VariantValue", related_name="variants"
    )

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["product", "sort_order", "sku"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="variant_price_positive"),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gt=F("price")),
                name="variant_compare_at_above_price",
                violation_error_message=_("The price before must be higher than the price."),
            ),
            models.CheckConstraint(
                condition=Q(max_per_order__isnull=True) | Q(max_per_order__gt=0),
                name="variant_max_per_order_positive",
            ),
            # shop.core.codes defines when two codes are equal.
            models.CheckConstraint(
                condition=Q(sku__regex=codes.PATTERN) & ~Q(sku=""), name="variant_sku_plain"
            ),
            models.CheckConstraint(condition=Q(barcode__regex=codes.PATTERN), name="variant_barcode_plain"),
            models.UniqueConstraint(
                codes.folded("sku"),
                name="variant_sku_one",
                violation_error_message=_("This SKU exists already; capitals make no difference."),
            ),
            models.UniqueConstraint(
                codes.folded_barcode("barcode"),
                condition=~Q(barcode=""),
                name="variant_barcode_one",
                violation_error_message=_(
                    "Another variant has this barcode; zeros before it make no difference."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "sort_order"], name="variant_product"),
            # Whoever searches types the beginning of a code.
            models.Index(OpClass(Upper("sku"), name="text_pattern_ops"), name="variant_sku_beginning"),
            models.Index(
                fields=["barcode"], opclasses=["varchar_pattern_ops"], name="variant_barcode_beginning"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keep_price",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("price", "compare_at_price"),
                func="""
                IF TG_OP = 'INSERT' OR OLD.price IS DISTINCT FROM NEW.price
                   OR OLD.compare_at_price IS DISTINCT FROM NEW.compare_at_price THEN
                    INSERT INTO catalog_pricechange (variant_id, price, compare_at_price, changed_at)
                    VALUES (NEW.id, NEW.price, NEW.compare_at_price, now());
                END IF;
                RETURN NULL;
                """,
            ),
            never_changes(),
            changes_catalogue(),
            announce_product("product_id"),
            marks_listing("product", "product_id"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.name}" if self.name else self.sku


class VariantValue(models.Model):
    """Which value a variant has for an option; one value per option."""

    counted_as = "variant"  # People ask which variants use a value, not which rows join the two.

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="variant_values")
    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="+")
    value = models.ForeignKey(OptionValue, on_delete=models.PROTECT, related_name="variant_values")

    class Meta:
        verbose_name = _("variant value")
        verbose_name_plural = _("variant values")
        constraints = [
            models.UniqueConstraint(fields=["variant", "option"], name="variantvalue_one_per_option")
        ]
        triggers = [changes_catalogue(), marks_listing("variant", "variant_id")]

    def __str__(self) -> str:
        return f"{self.option}: {self.value}"


class PriceChange(models.Model):
    """Every price a variant has had; written by a trigger, whatever changes the price."""

    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.CASCADE, related_name="price_changes"
    )
    price = ModelMoneyField(_("price"), is_recorded=True)
    compare_at_price = ModelMoneyField(_("price before"), null=True, is_recorded=True)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        ordering = ["-changed_at", "-id"]
        indexes = [models.Index(fields=["variant", "-changed_at"], name="pricechange_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.price}"


class ProductImage(HasPictures, BaseModel):
    """A picture of a product, perhaps of one colour only."""

    class View(models.TextChoices):
        FRONT = "front", _("front")
        BACK = "back", _("back")
        DETAIL = "detail", _("detail")
        OTHER = "other", _("other")

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="images"
    )
    colour = models.ForeignKey(
        OptionValue,
        verbose_name=_("colour"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="images",
    )
    file = PictureField(
        _("file"),
        upload_to="products/",
        width_field="width",
        height_field="height",
        renditions_field="renditions",
    )
    width = models.PositiveIntegerField(_("width"), null=True, editable=False)
    height = models.PositiveIntegerField(_("height"), null=True, editable=False)
    renditions = RenditionsField(_("sizes made of it"), picture="file")
    focus_x = FocusField(_("focal point, from the left (%)"))
    focus_y = FocusField(_("focal point, from the top (%)"))
    video = VideoField(
        _("video"),
        upload_to="products/",
        blank=True,
        help_text=_("MP4 or WebM. Shoppers see the picture until they press play."),
    )
    view = models.CharField(_("view"), max_length=10, choices=View, default=View.OTHER)
    alt = models.CharField(_("description for those who cannot see it"), max_length=200, blank=True)
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["sort_order", "id"]
        indexes = [models.Index(fields=["product", "sort_order"], name="productimage_product")]
        triggers = [
            changes_catalogue(),
            announce_product("product_id"),
            marks_listing("product", "product_id"),
        ]

    @property
    def picture(self) -> Picture:
        """The picture as pages show it."""
        return Picture.of({**self.__dict__, "file": self.stored_name("file")})

    def __str__(self) -> str:
        return self.alt or f"{capfirst(self._meta.verbose_name)} · {self.get_view_display()}"
