"""Collections and drops: what is shown together, and from when to when it may be sold."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models.changes import changes_catalogue
from catalog.models.kept_addresses import keep_address
from catalog.models.listing_marks import marks_listing
from catalog.models.products import Product
from shop.core.models import BaseModel
from shop.core.pictures import FocusField, HasPictures, PictureField, RenditionsField
from shop.core.pictures.markup import Picture
from shop.core.web.public_addresses import address_of


class Collection(HasPictures, BaseModel):
    """A set of products in an order. The products of a *drop* are sold only within its window."""

    class Kind(models.TextChoices):
        DROP = "drop", _("drop")
        SEASONAL = "seasonal", _("seasonal")
        COLLAB = "collab", _("collaboration")

    class Phase(models.TextChoices):
        UPCOMING = "upcoming", _("upcoming")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SEASONAL)
    tagline = models.CharField(_("line above the title"), max_length=120, blank=True)
    description = models.TextField(_("description"), blank=True)
    hero_image = PictureField(
        _("hero picture"),
        upload_to="collections/",
        blank=True,
        width_field="hero_width",
        height_field="hero_height",
        renditions_field="hero_renditions",
    )
    hero_width = models.PositiveIntegerField(_("width of the hero picture"), null=True, editable=False)
    hero_height = models.PositiveIntegerField(_("height of the hero picture"), null=True, editable=False)
    hero_renditions = RenditionsField(_("sizes made of the hero picture"), picture="hero_image")
    hero_focus_x = FocusField(_("focal point, from the left (%)"))
    hero_focus_y = FocusField(_("focal point, from the top (%)"))
    hero_colour = models.CharField(_("hero colour"), max_length=7, blank=True)
    starts_at = models.DateTimeField(_("opens"), null=True, blank=True)
    ends_at = models.DateTimeField(_("closes"), null=True, blank=True)
    is_active = models.BooleanField(_("visible"), default=False)
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)
    products = models.ManyToManyField(
        Product, verbose_name=_("products"), through="CollectionProduct", related_name="collections"
    )

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["sort_order", "-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="collection_window_ordered",
                violation_error_message=_("A collection must close after it opens."),
            )
        ]
        triggers = [
            keep_address("collection", "slug"),
            changes_catalogue(),
            marks_listing("collection", "id"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hero_picture(self) -> Picture:
        """The hero picture as pages show it (`hero_image` is there)."""
        return Picture.of(
            {
                "file": str(self.hero_image.name),
                "width": self.hero_width,
                "height": self.hero_height,
                "renditions": self.hero_renditions,
                "focus_x": self.hero_focus_x,
                "focus_y": self.hero_focus_y,
            }
        )

    @property
    def share_url(self) -> str:
        """The address of the picture that other sites show of the page; "" when there is none."""
        return (self.hero_picture.share_url or self.hero_image.url) if self.hero_image else ""

    def get_absolute_url(self) -> str:
        return address_of("catalog:collection", self.slug)

    def phase(self, now: datetime) -> "Collection.Phase":
        """Return whether the window is ahead, open or over at `now` (for screens; reservations ask the database)."""
        if self.starts_at and now < self.starts_at:
            return self.Phase.UPCOMING
        if self.ends_at and now >= self.ends_at:
            return self.Phase.CLOSED
        return self.Phase.OPEN


class CollectionProduct(models.Model):
    """A product's place in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="entries")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="entries"
    )
    sort_order = models.PositiveIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("product of a collection")
        verbose_name_plural = _("products of a collection")
        ordering = ["sort_order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "product"], name="collectionproduct_unique")
        ]
        indexes = [models.Index(fields=["collection", "sort_order"], name="collectionproduct_order")]
        triggers = [changes_catalogue(), marks_listing("product", "product_id")]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.product_id}"
