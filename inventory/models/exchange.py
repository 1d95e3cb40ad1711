"""Files that staff import: the file, the job's result, and the rows booked into the stock."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.levels import StockLevel, StockMovement
from shop.core.models import BaseModel
from shop.core.states import Table


class ImportJob(BaseModel):
    """One uploaded file. It is checked, previewed, and imported whole or not at all.

    The bytes are in the row, not in MEDIA_ROOT: that folder is public, and the worker may run on another machine.
    Whoever works on a job holds its row's lock, so that a job whose row can be locked is certainly not being worked on:
    the work of a killed worker is rolled back, the state stays as it was, and the next run starts again.
    """

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", _("catalogue")
        STOCK = "stock", _("stock")

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("being checked")
        CHECKED = "checked", _("ready to import")
        REFUSED = "refused", _("refused")
        CONFIRMED = "confirmed", _("being imported")
        DONE = "done", _("imported")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    TRANSITIONS: ClassVar[Table] = {
        Status.UPLOADED: {Status.CHECKED, Status.REFUSED, Status.FAILED},
        Status.CHECKED: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: {Status.DONE, Status.REFUSED, Status.FAILED},
        Status.REFUSED: set(),
        Status.DONE: set(),
        Status.CANCELLED: set(),
        Status.FAILED: set(),
    }

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UPLOADED)
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField()
    language = models.CharField(_("language"), max_length=10, default="es")
    read_as = models.CharField(_("read as"), max_length=120, blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    created_count = models.PositiveIntegerField(_("created"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    issue_count = models.PositiveIntegerField(_("errors"), default=0)
    preview = models.JSONField(default=dict, blank=True)
    refusal = models.CharField(_("why it was refused"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    actor = models.CharField(_("uploaded by"), max_length=150)
    confirmed_by = models.CharField(_("confirmed by"), max_length=150, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports and exports")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="importjob_waiting",
                condition=models.Q(status__in=["uploaded", "confirmed"]),
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Return whether it is queued or being processed."""
        return self.status in {self.Status.UPLOADED, self.Status.CONFIRMED}


class ImportIssue(models.Model):
    """One cell or row that cannot be imported, in the uploader's language."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="issues")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=80, blank=True)
    value = models.CharField(_("value"), max_length=120, blank=True)
    words = models.CharField(_("what is wrong"), max_length=400)

    class Meta:
        verbose_name = _("error of an import")
        verbose_name_plural = _("errors of an import")
        ordering = ["row", "id"]
        indexes = [models.Index(fields=["job", "row"], name="importissue_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.words}"


class ImportedRow(models.Model):
    """A row of a stock file that was booked: it is never booked again, in whichever file it is repeated.

    `reference` is the row's own (a delivery note) or, without one, made of the file's content and the row's number.
    `movement` is empty when the books agreed already.
    """

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="booked_rows")
    row = models.PositiveIntegerField()
    act = models.CharField(max_length=10)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=120)
    quantity = models.IntegerField()
    movement = models.OneToOneField(StockMovement, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "act", "reference"], name="importedrow_once"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.reference}"
