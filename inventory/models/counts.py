"""Physical counts: what the books expected at the freeze, what people found, and who approved the difference."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from inventory.models.levels import Location, StockLevel
from shop.core.models import BaseModel
from shop.core.states import Table


class StockCount(BaseModel):
    """A count of one location, or of one category there. Sales go on meanwhile."""

    class Status(models.TextChoices):
        COUNTING = "counting", _("counting")
        REVIEW = "review", _("to be approved")
        APPROVED = "approved", _("approved")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.COUNTING: {Status.REVIEW, Status.CANCELLED},
        Status.REVIEW: {Status.APPROVED, Status.COUNTING, Status.CANCELLED},
        Status.APPROVED: set(),
        Status.CANCELLED: set(),
    }

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="counts"
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stock_counts",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.COUNTING)
    note = models.CharField(_("note"), max_length=300, blank=True)
    frozen_at = models.DateTimeField(_("frozen"))
    opened_by = models.CharField(_("opened by"), max_length=150)
    submitted_by = models.CharField(_("handed in by"), max_length=150, blank=True)
    submitted_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=150, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ["-created_at"]
        permissions = [("approve_stockcount", _("Can approve a stock count"))]

    def __str__(self) -> str:
        return self.number


class StockCountLine(BaseModel):
    """One stock level in a count.

    `expected` is what the books said at the freeze; `book` what they said when the line was counted (for the latest
    entry), so that `book - expected` are the movements in between and `counted - book` is the difference.
    """

    stock_count = models.ForeignKey(
        StockCount, verbose_name=_("stock count"), on_delete=models.PROTECT, related_name="lines"
    )
    level = models.ForeignKey(
        StockLevel, verbose_name=_("stock level"), on_delete=models.PROTECT, related_name="count_lines"
    )
    expected = models.IntegerField(_("expected"))
    counted = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    book = models.IntegerField(_("in the books when counted"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    counted_by = models.CharField(_("counted by"), max_length=150, blank=True)
    moved_meanwhile = models.BooleanField(_("moved while it was counted"), default=False)
    is_unexpected = models.BooleanField(_("not in the freeze"), default=False)
    is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["stock_count", "level"], name="stockcountline_unique"),
            # Two open counts of one level would both correct the same difference.
            models.UniqueConstraint(
                fields=["level"], condition=Q(is_open=True), name="stockcountline_one_open_per_level"
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=True, book__isnull=True)
                | Q(counted__isnull=False, book__isnull=False),
                name="stockcountline_counted_with_book",
            ),
        ]

    def __str__(self) -> str:
        return str(self.level)

    @property
    def moved(self) -> int | None:
        """Net units of the movements between the freeze and the moment of counting. None: not counted."""
        return None if self.book is None else self.book - self.expected

    @property
    def difference(self) -> int | None:
        """Units found beyond (or short of) the books at the moment of counting. None: not counted."""
        return None if self.counted is None or self.book is None else self.counted - self.book


class StockCountEntry(BaseModel):
    """One act of counting: a scan that adds, or a figure that replaces what was counted before. Never changed."""

    class Source(models.TextChoices):
        SCAN = "scan", _("scanner")
        FORM = "form", _("form")
        FILE = "file", _("file")
        BLANK = "blank", _("taken as zero")

    line = models.ForeignKey(StockCountLine, on_delete=models.PROTECT, related_name="entries")
    source = models.CharField(_("how"), max_length=5, choices=Source)
    quantity = models.IntegerField(_("quantity"))
    adds = models.BooleanField(_("adds"))
    book = models.IntegerField(_("in the books"))
    counted_at = models.DateTimeField(_("counted at"))
    actor = models.CharField(_("actor"), max_length=150)
    key = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["created_at", "id"]
        constraints = [
            # A scan sent again after a lost answer counts once.
            models.UniqueConstraint(
                fields=["line", "key"], condition=~Q(key=""), name="stockcountentry_key_once"
            ),
            models.CheckConstraint(
                condition=Q(adds=True) | Q(quantity__gte=0), name="stockcountentry_figure_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d}" if self.adds else str(self.quantity)
