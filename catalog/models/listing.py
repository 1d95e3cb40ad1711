"""What lists and searches read: one row for each product and colour, made again by a job whenever something changes.

Triggers note what changed (`ListingMark`), in the transaction of the change; the job deletes the notes and writes the
rows of the products they mean in one transaction (`catalog/listing/rebuilding.py`). Nothing else writes these tables,
and they have no foreign keys that the database checks: a row of a product that is gone is taken out by the job.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.user_input.fields import ModelMoneyField


class Listing(models.Model):
    """A product in one colour as lists show it. Prices in the shop's currency, taxes included.

    A row whose product is no longer shown stays, with `is_shown` false, so that whoever keeps rows in memory learns of
    it by `revision`, which grows with every change of a row, in the order of commits.
    """

    # Its place in bitmaps (catalog/search/bitmaps.py).
    ordinal = models.BigAutoField(primary_key=True)
    product_id = models.UUIDField()
    colour_id = models.UUIDField(null=True)
    is_shown = models.BooleanField(db_default=True)
    # The first of its product's rows that is in stock, else the first: for lists of products.
    is_lead = models.BooleanField(db_default=False)
    name = models.CharField(_("name"), max_length=120)
    price = ModelMoneyField(_("price"), null=True, is_recorded=True)
    price_before = ModelMoneyField(_("price before"), null=True, is_recorded=True)
    # The product's; what has none counts as the oldest.
    published_at = models.DateTimeField()
    # Units sold in thirty days.
    sold_30d = models.IntegerField(db_default=0)
    # Units left, counted up to one more than LOW_STOCK_HINT.
    units = models.IntegerField(db_default=0)
    brand_id = models.UUIDField(null=True)
    category_ids = ArrayField(models.BigIntegerField(), default=list)
    collection_ids = ArrayField(models.UUIDField(), default=list)
    # Of all variants on sale, and of those with units left.
    value_ids = ArrayField(models.UUIDField(), default=list)
    in_stock_ids = ArrayField(models.UUIDField(), default=list)
    # Folded words as they are written, for suggestions and corrections.
    words = ArrayField(models.TextField(), default=list)
    card = models.JSONField(default=dict)
    document = SearchVectorField(default="")
    fingerprint = models.CharField(max_length=64, default="")
    revision = models.BigIntegerField(db_default=0)

    class Meta:
        verbose_name = _("row of the lists")
        verbose_name_plural = _("rows of the lists")
        constraints = [
            models.UniqueConstraint(
                fields=["product_id", "colour_id"], nulls_distinct=False, name="listing_one_per_colour"
            )
        ]
        indexes = [
            models.Index(fields=["revision"], name="listing_revision"),
            GinIndex(fields=["document"], name="listing_document", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name


class ListingMark(models.Model):
    """Something changed that rows of the lists show: a product, or what the products of a brand, value … have."""

    class Kind(models.TextChoices):
        PRODUCT = "product"
        VARIANT = "variant"
        VALUE = "value"
        OPTION = "option"
        BRAND = "brand"
        CATEGORY = "category"
        COLLECTION = "collection"
        ALL = "all"
        # A product among many: those of single changes come first.
        LATER = "later"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("change for the lists")
        verbose_name_plural = _("changes for the lists")
        indexes = [models.Index(fields=["kind", "key"], name="listingmark_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class ListingState(models.Model):
    """By which program and settings the rows were made: one row, key 1."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    shape = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("state of the lists")
        verbose_name_plural = _("states of the lists")

    def __str__(self) -> str:
        return self.shape
