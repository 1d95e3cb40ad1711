"""Files that are made for staff: the request, who made it, and the file until it is deleted."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.core.models import BaseModel
from shop.core.states import Table


class ExportJob(BaseModel):
    """One list that somebody wants as a file, made by a worker because it is long.

    As with an import, whoever works on it holds its row's lock, and the file is in the database: MEDIA_ROOT is public,
    and the worker may run on another machine. It is stored in parts, so that neither the worker nor the download ever
    has the whole of it in memory. Requesting it twice makes one, by a constraint.
    """

    class Contents(models.TextChoices):
        CATALOGUE = "catalogue", _("Catalogue: products and variants")
        STOCK = "stock", _("Stock: levels, minimums, shelves")
        OPENING = "opening", _("Stock as openings, for another shop")
        VALUATION = "valuation", _("Valuation")
        REPLENISH = "replenish", _("What to buy")
        COUNT = "count", _("The list of a count")

    class Form(models.TextChoices):
        XLSX = "xlsx", _("Excel (.xlsx)")
        CSV_SEMICOLON = "csv-semicolon", _("CSV with semicolons and decimal commas")
        CSV = "csv", _("CSV with commas and decimal points")

    class Status(models.TextChoices):
        WAITING = "waiting", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")
        GONE = "gone", _("deleted")

    TRANSITIONS: ClassVar[Table] = {
        Status.WAITING: {Status.DONE, Status.FAILED},
        Status.DONE: {Status.GONE},
        Status.FAILED: set(),
        Status.GONE: set(),
    }

    contents = models.CharField(_("contents"), max_length=10, choices=Contents)
    form = models.CharField(_("format"), max_length=15, choices=Form)
    filters = models.JSONField(default=dict, blank=True)
    about = models.CharField(_("which"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, default="es")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    file_name = models.CharField(_("file"), max_length=120, blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    part_count = models.PositiveIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(_("bytes"), default=0)
    refusal = models.CharField(_("why it failed"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    actor = models.CharField(_("asked by"), max_length=150)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "contents", "form", "language", "filters"],
                name="exportjob_one_running",
                condition=models.Q(status="waiting"),
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="exportjob_waiting", condition=models.Q(status="waiting")
            ),
            models.Index(fields=["finished_at"], name="exportjob_kept", condition=models.Q(status="done")),
        ]

    def __str__(self) -> str:
        return self.file_name or self.get_contents_display()

    @property
    def is_working(self) -> bool:
        """Return whether it is queued or being processed."""
        return self.status == self.Status.WAITING


class ExportPart(models.Model):
    """A piece of a file; `place` counts from 0."""

    job = models.ForeignKey(ExportJob, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "place"], name="exportpart_place")]

    def __str__(self) -> str:
        return str(self.place)
