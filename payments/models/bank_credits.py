"""The shop's own account: statements that the staff uploads, how each bank's are read, and the credits in them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.transfers import TransferInstruction
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class NotBooked(Exception):
    """The credit is assigned to no bank transfer (yet)."""


class BankStatement(BaseModel):
    """One uploaded statement of the shop's account. It is read whole or not at all; each credit of it counts once.

    The bytes live in the row until they are read (the media folder is public, the worker may be another machine).
    """

    class Status(models.TextChoices):
        NEW = "new", _("its columns are to be named")
        UPLOADED = "uploaded", _("being read")
        DONE = "done", _("read")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    TRANSITIONS: ClassVar[Table] = {
        Status.NEW: {Status.UPLOADED},
        Status.UPLOADED: {Status.DONE, Status.REFUSED, Status.FAILED},
        Status.DONE: set(),
        # The columns were named wrongly: named again, it is read again.
        Status.REFUSED: {Status.UPLOADED},
        Status.FAILED: set(),
    }
    # Another upload of the same bytes leads to these.
    KNOWN: ClassVar[tuple[str, ...]] = (Status.NEW, Status.UPLOADED, Status.DONE)

    bank = models.CharField(_("bank"), max_length=60)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.NEW)
    file_name = models.CharField(_("file"), max_length=200)
    # A digest of the bytes: the same file again redirects to its statement.
    digest = models.CharField(max_length=64, editable=False)
    content = models.BinaryField()
    language = models.CharField(max_length=10, default="es", editable=False)
    currency = models.CharField(_("currency"), max_length=3)
    read_as = models.CharField(_("read as"), max_length=120, blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    credit_count = models.PositiveIntegerField(_("new credits"), default=0)
    repeated_count = models.PositiveIntegerField(_("known already"), default=0)
    passed_count = models.PositiveIntegerField(_("other rows"), default=0)
    matched_count = models.PositiveIntegerField(_("matched"), default=0)
    first_on = models.DateField(_("from"), null=True, blank=True)
    last_on = models.DateField(_("until"), null=True, blank=True)
    refusal = models.CharField(_("why it was refused"), max_length=500, blank=True)
    # [row, column, value, words] of what could not be read.
    issues = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    actor = models.CharField(_("uploaded by"), max_length=150)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "digest"],
                condition=Q(status__in=["new", "uploaded", "done"]),
                name="bankstatement_once",
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="bankstatement_waiting", condition=Q(status="uploaded"))
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Say whether a worker is reading it, or will soon."""
        return self.status == self.Status.UPLOADED


class StatementColumns(BaseModel):
    """How one bank's statements are read: which heading stands for what, as it was last named by the staff."""

    class DateOrder(models.TextChoices):
        DAY = "dmy", _("day, month, year: 31/12/2026")
        MONTH = "mdy", _("month, day, year: 12/31/2026")
        YEAR = "ymd", _("year, month, day: 2026-12-31")

    class Decimals(models.TextChoices):
        AUTO = "auto", _("as the file shows it")
        COMMA = "comma", _("a comma: 1.234,50")
        POINT = "point", _("a point: 1,234.50")

    bank = models.CharField(_("bank"), max_length=60, unique=True)
    date = models.CharField(_("date"), max_length=120)
    amount = models.CharField(_("amount, or credits"), max_length=120)
    reference = models.CharField(_("reference"), max_length=120)
    # Banks split what the payer wrote over several columns.
    detail = models.CharField(_("more of the reference"), max_length=120, blank=True)
    payer_name = models.CharField(_("payer's name"), max_length=120, blank=True)
    payer_document = models.CharField(_("payer's document"), max_length=120, blank=True)
    number = models.CharField(_("bank's number"), max_length=120, blank=True)
    date_order = models.CharField(_("dates"), max_length=3, choices=DateOrder, default=DateOrder.DAY)
    decimals = models.CharField(_("decimals"), max_length=5, choices=Decimals, default=Decimals.AUTO)
    actor = models.CharField(_("named by"), max_length=150)

    class Meta:
        verbose_name = _("columns of a bank's statements")
        verbose_name_plural = _("columns of banks' statements")
        ordering = ["bank"]

    def __str__(self) -> str:
        return self.bank


class BankCredit(BaseModel):
    """One credit on the shop's account, as a statement says or as a clerk has seen it at the bank.

    Assigned to an instruction it is the payment number `position` of its attempt, once and for good: the database
    refuses a change. The same money seen by a clerk and then in a statement counts once: the statement's line
    `confirms` the clerk's.
    """

    class Source(models.TextChoices):
        STATEMENT = "statement", _("statement")
        STAFF = "staff", _("confirmed by hand")

    class Status(models.TextChoices):
        OPEN = "open", _("to be matched")
        BOOKED = "booked", _("booked")
        CONFIRMS = "confirms", _("confirmed by hand before")
        OTHER = "other", _("not a sale")

    TRANSITIONS: ClassVar[Table] = {
        Status.OPEN: {Status.BOOKED, Status.CONFIRMS, Status.OTHER},
        Status.OTHER: {Status.OPEN},
        Status.BOOKED: set(),
        Status.CONFIRMS: set(),
    }

    source = models.CharField(_("source"), max_length=10, choices=Source)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    bank = models.CharField(_("bank"), max_length=60)
    booked_on = models.DateField(_("date"))
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference"), max_length=300, blank=True)
    payer_name = models.CharField(_("payer"), max_length=200, blank=True)
    payer_document = models.CharField(_("payer's document"), max_length=40, blank=True)
    number = models.CharField(_("bank's number"), max_length=100, blank=True)
    # Of a statement's line: bank, date, amount, reference and its number among equal lines. None: seen by a clerk.
    fingerprint = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    statement = models.ForeignKey(
        BankStatement,
        verbose_name=_("statement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credits",
    )
    row = models.PositiveIntegerField(_("row"), null=True, blank=True)
    instruction = models.ForeignKey(
        TransferInstruction,
        verbose_name=_("bank transfer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credits",
    )
    position = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    confirms = models.OneToOneField(
        "self",
        verbose_name=_("confirms"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="confirmed_by",
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.CharField(_("by"), max_length=150)
    noted_at = models.DateTimeField(_("booked"), null=True, blank=True)
    # When its attempt is to be settled: a worker that dies after the booking leaves it due.
    settle_at = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # When the payer's name and document, and what they wrote, were deleted (`payments.transfers.retention`).
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank credit")
        verbose_name_plural = _("bank credits")
        ordering = ["-booked_on", "-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="bankcredit_amount_positive"),
            models.CheckConstraint(
                condition=Q(
                    status="booked",
                    instruction__isnull=False,
                    position__isnull=False,
                    noted_at__isnull=False,
                )
                | (~Q(status="booked") & Q(instruction=None, position=None, settle_at=None)),
                name="bankcredit_booked_has_instruction",
            ),
            models.CheckConstraint(
                condition=Q(status="confirms", confirms__isnull=False)
                | (~Q(status="confirms") & Q(confirms=None)),
                name="bankcredit_confirms_another",
            ),
            models.CheckConstraint(
                condition=Q(source="staff", fingerprint=None)
                | Q(source="statement", fingerprint__isnull=False, statement__isnull=False),
                name="bankcredit_source",
            ),
            models.UniqueConstraint(fields=["instruction", "position"], name="bankcredit_position"),
            # One transfer of the bank's is typed once, whichever purchase it is typed for.
            models.UniqueConstraint(
                fields=["bank", "number"],
                condition=Q(source="staff") & ~Q(number=""),
                name="bankcredit_staff_number_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["settle_at"], name="bankcredit_settle", condition=Q(settle_at__isnull=False)
            ),
            models.Index(fields=["statement", "row"], name="bankcredit_statement"),
            models.Index(fields=["status", "-booked_on"], name="bankcredit_status"),
            models.Index(fields=["amount", "currency", "booked_on"], name="bankcredit_amount"),
            models.Index(fields=["noted_at"], name="bankcredit_noted", condition=Q(noted_at__isnull=False)),
            models.Index(
                fields=["created_at"], name="bankcredit_kept", condition=Q(forgotten_at__isnull=True)
            ),
        ]
        triggers = [
            # A credit is money that was seen: what it says never changes, and what it paid does not either.
            pgtrigger.Trigger(
                name="assigned_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                IF (NEW.amount, NEW.currency, NEW.booked_on, NEW.bank, NEW.fingerprint)
                    IS DISTINCT FROM (OLD.amount, OLD.currency, OLD.booked_on, OLD.bank, OLD.fingerprint)
                   OR (OLD.status IN ('booked', 'confirms') AND
                       (NEW.status, NEW.instruction_id, NEW.position, NEW.confirms_id, NEW.noted_at)
                       IS DISTINCT FROM
                       (OLD.status, OLD.instruction_id, OLD.position, OLD.confirms_id, OLD.noted_at))
                THEN
                    RAISE EXCEPTION 'percha: a bank credit that was booked does not change'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'bankcredit_assigned_once';
                END IF;
                RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return display(self.amount, self.currency)

    @property
    def trail(self) -> UUID | None:
        return self.instruction.trail if self.instruction else None

    @property
    def booked_at(self) -> datetime:
        """Return when it was assigned.

        Raises:
            NotBooked: it is assigned to nothing.
        """
        if self.noted_at is None:
            raise NotBooked(str(self))
        return self.noted_at

    @property
    def booked_to(self) -> TransferInstruction:
        """Return what it is assigned to.

        Raises:
            NotBooked: nothing.
        """
        if self.instruction is None:
            raise NotBooked(str(self))
        return self.instruction

    @property
    def payment_number(self) -> str:
        """Return the external id of the payment that it is; "" while it is none."""
        if self.instruction is None or self.position is None:
            return ""
        return numbered(self.instruction.code, self.position)


def numbered(code: str, position: int) -> str:
    """Return the external id of the payment which is an instruction's credit number `position`."""
    return code if position == 1 else f"{code}-{position}"
