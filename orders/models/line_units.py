"""What became of the units of an order's lines, as a view of the database counts it (orders/sql/line_units.sql)."""

from django.db import models

from orders.models.order import OrderLine


class LineUnits(models.Model):
    """The units of one line, counted from the rows that say it. Nothing is stored: the figures cannot differ from them.

    `orders.fulfilment.remaining` says what each figure means, and is the one that asks.
    """

    line = models.OneToOneField(
        OrderLine,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        related_name="unit_counts",
        db_constraint=False,
    )
    refunded = models.IntegerField()
    refunded_sent = models.IntegerField()
    restocked = models.IntegerField()
    cancelled = models.IntegerField()
    cancelled_back = models.IntegerField()
    picked = models.IntegerField()
    sent = models.IntegerField()
    came_back = models.IntegerField()
    prepared = models.IntegerField()
    packed = models.IntegerField()
    replaced = models.IntegerField()
    paid_by_returns = models.IntegerField()
    came_by_returns = models.IntegerField()
    unsent = models.IntegerField()
    left = models.IntegerField()

    class Meta:
        managed = False
        db_table = "orders_lineunits"

    def __str__(self) -> str:
        return str(self.pk)
