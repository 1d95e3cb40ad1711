"""Locations, stock levels and the append-only ledger of movements.

The database itself guards the ledger (`pgtrigger`): a movement can be inserted, never changed or deleted; inserting
it is the only thing that can change `on_hand`, so that on_hand = Σ movements at every instant.
"""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from catalog.models.changes import changes_availability, changes_catalogue
from catalog.models.listing_marks import MARK, marks_listing
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class Location(BaseModel):
    """A place where stock is kept. Sellable locations are reserved from in order of `priority` (lowest first)."""

    class Kind(models.TextChoices):
        WAREHOUSE = "warehouse", _("warehouse")
        STORE = "store", _("store")
        QUARANTINE = "quarantine", _("quarantine")

    name = models.CharField(_("name"), max_length=80, unique=True)
    code = models.SlugField(_("code"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.WAREHOUSE)
    priority = models.PositiveSmallIntegerField(_("priority"), default=0)
    is_sellable = models.BooleanField(_("sold from"), default=True)
    address = models.CharField(_("address"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["priority", "name"]
        triggers = [changes_catalogue(), marks_listing("all")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_sold_from(self) -> bool:
        """Whether units here may be sold: never from quarantine, whatever `is_sellable` is.

        The rule of a row in memory; in statements it is inventory/sql/sellable.sql (a test compares the two).
        """
        return self.is_sellable and self.kind != self.Kind.QUARANTINE


class StockLevel(BaseModel):
    """How many units of a variant are at a location (`on_hand`) and how many of them are promised (`reserved`)."""

    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="stock_levels"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="stock_levels"
    )
    on_hand = models.IntegerField(_("on hand"), default=0, editable=False)
    reserved = models.IntegerField(_("reserved"), default=0, editable=False)
    minimum = models.PositiveIntegerField(_("minimum"), default=0)
    optimal = models.PositiveIntegerField(_("optimal"), default=0)
    bin = models.CharField(_("shelf"), max_length=40, blank=True)

    # Of the levels that have a minimum, those of which no more than it is available.
    LOW: ClassVar[Q] = Q(minimum__gt=0, on_hand__lte=F("minimum") + F("reserved"))

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stocklevel_unique"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stocklevel_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stocklevel_reserved_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="stocklevel_reserved_within_on_hand"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="on_hand_needs_movement",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("on_hand"),
                func="""
                IF TG_OP = 'INSERT' AND NEW.on_hand <> 0 THEN
                    RAISE EXCEPTION 'percha: a stock level starts at zero; insert a movement instead';
                END IF;
                IF TG_OP = 'UPDATE' AND NEW.on_hand IS DISTINCT FROM OLD.on_hand AND pg_trigger_depth() < 2 THEN
                    RAISE EXCEPTION 'percha: on_hand changes only through a stock movement';
                END IF;
                RETURN NEW;
                """,
            ),
            changes_availability(),
            changes_catalogue(pgtrigger.Delete),
            pgtrigger.Trigger(
                name="marks_listing",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=f"{MARK} ('variant', OLD.variant_id::text); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} @ {self.location}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write all fields but the figures, which concurrent reservations and movements may have changed."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = {
                field.name for field in self._meta.concrete_fields if not field.primary_key
            } - {"on_hand", "reserved"}
        super().save(*args, **kwargs)

    @property
    def available(self) -> int:
        """Units that may still be promised: on hand less reserved, never below zero."""
        return max(0, self.on_hand - self.reserved)

    @property
    def is_low(self) -> bool:
        """Whether no more than the minimum is available; nothing available is low, whatever the minimum."""
        return self.available <= self.minimum


class StockMovement(models.Model):
    """One line of the ledger, whose sum is the stock on hand. Append-only.

    Inserting the row changes `StockLevel.on_hand` by `quantity` and fills `on_hand_after`, in the database.
    """

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("purchase")
        SALE = "sale", _("sale")
        ADJUSTMENT = "adjustment", _("adjustment")
        CUSTOMER_RETURN = "customer_return", _("customer return")
        SUPPLIER_RETURN = "supplier_return", _("return to supplier")
        LOSS = "loss", _("loss or damage")
        TRANSFER_IN = "transfer_in", _("transfer in")
        TRANSFER_OUT = "transfer_out", _("transfer out")
        COUNT = "count", _("count")

    id = models.BigAutoField(primary_key=True)
    level = models.ForeignKey(
        StockLevel, verbose_name=_("stock level"), on_delete=models.PROTECT, related_name="movements"
    )
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="movements"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="movements"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    quantity = models.IntegerField(_("quantity"))
    unit_cost = ModelMoneyField(_("unit cost"), null=True, blank=True, is_recorded=True)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    cause_type = models.CharField(_("kind of cause"), max_length=60, blank=True)
    cause_id = models.UUIDField(_("cause"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.CharField(_("actor"), max_length=150)
    occurred_at = models.DateTimeField(_("when"))
    on_hand_after = models.IntegerField(_("on hand after"), default=0, editable=False)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="stockmovement_quantity_not_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=["adjustment", "count"])
                | Q(kind__in=["purchase", "customer_return", "transfer_in"], quantity__gt=0)
                | Q(kind__in=["sale", "supplier_return", "loss", "transfer_out"], quantity__lt=0),
                name="stockmovement_sign_fits_kind",
            ),
            # An order sells from a level once, whoever repeats it: one movement per line and level.
            models.UniqueConstraint(
                fields=["cause_type", "cause_id", "level"],
                condition=Q(kind="sale", cause_id__isnull=False),
                name="stockmovement_one_sale_per_cause",
            ),
            # A count corrects a level once, whoever approves it.
            models.UniqueConstraint(
                fields=["cause_type", "cause_id", "level"],
                condition=Q(kind="count", cause_id__isnull=False),
                name="stockmovement_one_count_per_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "-id"], name="stockmovement_variant"),
            models.Index(fields=["level", "-id"], name="stockmovement_level"),
            # The stock at an instant is one look-up: the `on_hand_after` of the level's last movement up to it.
            models.Index(
                fields=["level", "-occurred_at", "-id"],
                name="stockmovement_instant",
                include=["on_hand_after"],
            ),
            # Deliveries with a cost are few beside sales; the average cost of a variant follows from them.
            models.Index(
                fields=["variant", "id"],
                name="stockmovement_costed",
                condition=Q(unit_cost__isnull=False, quantity__gt=0),
            ),
            models.Index(
                fields=["variant", "id"],
                name="stockmovement_transfers",
                condition=Q(kind__in=["transfer_in", "transfer_out"]),
                include=["quantity", "occurred_at"],
            ),
            models.Index(fields=["cause_type", "cause_id"], name="stockmovement_cause"),
            models.Index(fields=["reference"], name="stockmovement_reference", condition=~Q(reference="")),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="apply_to_level",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                UPDATE inventory_stocklevel
                   SET on_hand = on_hand + NEW.quantity, updated_at = now()
                 WHERE id = NEW.level_id
                 RETURNING on_hand, variant_id, location_id
                  INTO NEW.on_hand_after, NEW.variant_id, NEW.location_id;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'percha: no stock level % for this movement', NEW.level_id;
                END IF;
                -- Numbered and dated below the level's lock, so that both follow the order in which on_hand changed,
                -- also when two sales had waited for one another. A date that is given is kept (a restored past).
                IF NEW.occurred_at IS NULL THEN
                    NEW.occurred_at := clock_timestamp();
                    NEW.id := nextval('inventory_stockmovement_id_seq');
                END IF;
                -- A row that ON CONFLICT DO NOTHING would drop has already moved the level: refuse it loudly. The
                -- level's row lock, just taken, lets no other sale slip in between.
                IF EXISTS (SELECT 1 FROM inventory_stockmovement AS other WHERE other.id = NEW.id)
                   OR NEW.kind = 'sale' AND NEW.cause_id IS NOT NULL
                  AND EXISTS (SELECT 1 FROM inventory_stockmovement AS other
                               WHERE other.cause_type = NEW.cause_type AND other.cause_id = NEW.cause_id
                                 AND other.level_id = NEW.level_id AND other.kind = 'sale') THEN
                    RAISE EXCEPTION 'percha: this movement is already booked' USING ERRCODE = 'unique_violation';
                END IF;
                RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("Stock moves through the verbs of inventory.ledger, never through save().")
