"""A comment of `orders_add_line` changed here; its file is gone (0019), so nothing is left to do."""

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_order_picks")]

    operations: list[Operation] = []
