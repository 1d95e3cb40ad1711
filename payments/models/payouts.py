"""Payout reports: line by line, and the payment, refund or dispute that each line matches."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment, Refund
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class PayoutReport(BaseModel):
    """One uploaded report. It is read whole or not at all, and every line of it counts once (`PayoutLine.key`).

    The bytes live in the row until they are read (the media folder is public, the worker may be another machine).
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("being read")
        DONE = "done", _("read")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    TRANSITIONS: ClassVar[Table] = {
        Status.UPLOADED: {Status.DONE, Status.REFUSED, Status.FAILED},
        Status.DONE: set(),
        Status.REFUSED: set(),
        Status.FAILED: set(),
    }

    gateway = models.CharField(_("provider"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UPLOADED)
    file_name = models.CharField(_("file"), max_length=200)
    # A digest of the bytes: the same file again redirects to its report.
    digest = models.CharField(max_length=64, editable=False)
    content = models.BinaryField()
    language = models.CharField(max_length=10, default="es", editable=False)
    read_as = models.CharField(_("read as"), max_length=120, blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    line_count = models.PositiveIntegerField(_("new lines"), default=0)
    repeated_count = models.PositiveIntegerField(_("known already"), default=0)
    first_at = models.DateTimeField(_("from"), null=True, blank=True)
    last_at = models.DateTimeField(_("until"), null=True, blank=True)
    refusal = models.CharField(_("why it was refused"), max_length=500, blank=True)
    # [row, column, value, words] of what could not be read.
    issues = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    actor = models.CharField(_("uploaded by"), max_length=150)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout report")
        verbose_name_plural = _("payout reports")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "digest"],
                condition=Q(status__in=["uploaded", "done"]),
                name="payoutreport_once",
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="payoutreport_waiting", condition=Q(status="uploaded"))
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Say whether a worker is reading it, or will soon."""
        return self.status == self.Status.UPLOADED


class PayoutLine(BaseModel):
    """One line of a report: money added to the account (positive) or taken from it (negative).

    `gross - fee - tax = net`, to the cent (the database checks it): `gross` and `net` carry the sign of the movement,
    `fee` and `tax` are what was kept back (negative: given back). `key` names the line at the provider, so that
    overlapping reports count it once. `payment` and `refund` are what it matches here; `match` and `difference`
    (theirs less ours) are derived by `payments.payouts.matching` and may be derived again at any time, except where a
    person explained the line.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")
        FEE = "fee", _("fee")
        TAX = "tax", _("tax")
        RESERVE = "reserve", _("held back")
        PAYOUT = "payout", _("paid out")
        OTHER = "other", _("other")

    class Match(models.TextChoices):
        MATCHED = "matched", _("agrees")
        DIFFERS = "differs", _("differs")
        MISSING = "missing", _("unknown here")
        OWN = "own", _("the provider's own")
        EXPLAINED = "explained", _("explained")

    report = models.ForeignKey(
        PayoutReport, verbose_name=_("report"), on_delete=models.PROTECT, related_name="lines"
    )
    gateway = models.CharField(_("provider"), max_length=20)
    key = models.CharField(max_length=100, editable=False)
    row = models.PositiveIntegerField(_("row"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    word = models.CharField(_("provider's word"), max_length=60)
    payout = models.CharField(_("payout"), max_length=100, blank=True)
    source = models.CharField(_("provider's number"), max_length=200, blank=True)
    # The payment's own number there, where the report names it (a refund's line names its payment too).
    about = models.CharField(_("number of the payment"), max_length=200, blank=True)
    reference = models.CharField(_("reference"), max_length=256, blank=True)
    happened_at = models.DateTimeField(_("when"))
    currency = models.CharField(_("currency"), max_length=3)
    gross = ModelMoneyField(_("gross"), is_recorded=True)
    fee = ModelMoneyField(_("fees"), default=Decimal("0.00"), is_recorded=True)
    tax = ModelMoneyField(_("taxes"), default=Decimal("0.00"), is_recorded=True)
    net = ModelMoneyField(_("net"), is_recorded=True)
    # What the shopper paid or got back, where the account is kept in another currency.
    face = ModelMoneyField(_("as paid"), null=True, blank=True, is_recorded=True)
    face_currency = models.CharField(max_length=3, blank=True)
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payout_lines",
    )
    refund = models.OneToOneField(
        Refund,
        verbose_name=_("refund"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payout_line",
    )
    match = models.CharField(_("match"), max_length=9, choices=Match, default=Match.MISSING)
    difference = ModelMoneyField(_("difference"), default=Decimal("0.00"), is_recorded=True)
    finding = models.CharField(_("finding"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    noted_by = models.CharField(_("noted by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("line of a payout report")
        verbose_name_plural = _("lines of payout reports")
        ordering = ["happened_at", "row", "id"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "key"], name="payoutline_once"),
            models.CheckConstraint(
                condition=Q(net=F("gross") - F("fee") - F("tax")), name="payoutline_adds_up"
            ),
        ]
        indexes = [
            models.Index(fields=["report", "payout"], name="payoutline_report"),
            models.Index(
                fields=["gateway", "happened_at"],
                name="payoutline_residue",
                condition=Q(match__in=["differs", "missing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.word} {self.source}"

    @property
    def paid_amount(self) -> Decimal:
        """Return the amount in the shopper's own currency, with the sign of the movement."""
        return self.gross if self.face is None else self.face.copy_abs().copy_sign(self.gross)

    @property
    def paid_currency(self) -> str:
        return self.currency if self.face is None else self.face_currency
