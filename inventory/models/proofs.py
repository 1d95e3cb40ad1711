"""The results of each stock check, and every repair, as rows that cannot be changed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory import rule_messages
from inventory.models.levels import StockLevel
from shop.core.models import BaseModel


class StockCheck(BaseModel):
    """One run of all rules over the whole stock."""

    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    rule_count = models.PositiveSmallIntegerField(_("rules"), default=0)
    violation_count = models.PositiveIntegerField(_("violations"), default=0)
    actor = models.CharField(_("actor"), max_length=150)

    class Meta:
        verbose_name = _("stock check")
        verbose_name_plural = _("stock checks")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="stockcheck_newest")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S}"


class StockViolation(BaseModel):
    """One broken rule: which rule, about which row, what was expected, found, and what it means."""

    stock_check = models.ForeignKey(
        StockCheck, verbose_name=_("stock check"), on_delete=models.CASCADE, related_name="violations"
    )
    # Its sentences are made when the row is shown (`inventory.rule_messages`); old rows have only stored text.
    code = models.CharField(max_length=40, blank=True, editable=False)
    # In English: for the logs, and shown where the rule no longer exists.
    rule = models.CharField(_("rule"), max_length=120)
    subject_type = models.CharField(_("about"), max_length=60)
    subject_id = models.CharField(_("key"), max_length=60)
    level = models.ForeignKey(
        StockLevel,
        verbose_name=_("stock level"),
        null=True,
        on_delete=models.PROTECT,
        related_name="violations",
    )
    expected = models.CharField(_("expected"), max_length=200)
    found = models.CharField(_("found"), max_length=200)
    # [key of the words, figures] of "expected" and "found", where they are more than a figure.
    answers = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    # [key of the words, figures] of each part of the explanation.
    facts = models.JSONField(default=list, blank=True, editable=False, db_column="told")
    explanation = models.TextField(_("explanation"), blank=True)

    class Meta:
        verbose_name = _("violation")
        verbose_name_plural = _("violations")
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="stockviolation_subject")]

    def __str__(self) -> str:
        words = f"{self.rule}: {self.subject_type} {self.subject_id}: expected {self.expected}, found {self.found}"
        explanation = self.explanation or rule_messages.in_english(self.code, self.facts)
        return f"{words}. {explanation}" if explanation else words


class StockRepair(BaseModel):
    """A figure set to the sum of its rows by a person, with the reason.

    Inserting the row does it: a trigger sums the rows under the level's lock, fills `before` and `after`, and sets the
    figure. Nothing can be written this way but the sum of the movements (on hand) or of the active reservations
    (reserved). Append-only.

    A reservation is written before its level is raised, in one transaction. One that waits for the lock of a repair is
    not in the sum, and adds its units to the repaired figure when it gets the level.
    """

    class Figure(models.TextChoices):
        ON_HAND = "on_hand", _("on hand")
        RESERVED = "reserved", _("reserved")

    level = models.ForeignKey(
        StockLevel, verbose_name=_("stock level"), on_delete=models.PROTECT, related_name="repairs"
    )
    figure = models.CharField(_("figure"), max_length=8, choices=Figure)
    before = models.IntegerField(_("before"), default=0, editable=False)
    after = models.IntegerField(_("after"), default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=300)
    actor = models.CharField(_("actor"), max_length=150)

    class Meta:
        verbose_name = _("stock repair")
        verbose_name_plural = _("stock repairs")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="stockrepair_says_why"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="stockrepair_changes_something"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="recount",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                -- Every verb locks the level before it writes a movement or a hold below it, so that the sum taken
                -- after this lock is the sum of what is committed.
                SELECT CASE NEW.figure WHEN 'on_hand' THEN on_hand ELSE reserved END INTO NEW.before
                  FROM inventory_stocklevel WHERE id = NEW.level_id FOR UPDATE;
                IF NEW.figure = 'on_hand' THEN
                    SELECT coalesce(sum(quantity), 0) INTO NEW.after
                      FROM inventory_stockmovement WHERE level_id = NEW.level_id;
                    UPDATE inventory_stocklevel SET on_hand = NEW.after, updated_at = now() WHERE id = NEW.level_id;
                ELSE
                    SELECT coalesce(sum(quantity), 0) INTO NEW.after
                      FROM inventory_reservation WHERE level_id = NEW.level_id AND status = 'active';
                    UPDATE inventory_stocklevel SET reserved = NEW.after, updated_at = now() WHERE id = NEW.level_id;
                END IF;
                RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_figure_display()}: {self.before} → {self.after}"
