"""What became of the units of an order's lines, each counted once in one statement (orders/sql/line_units.sql)."""

import django.db.models.deletion
from django.db import migrations, models

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0041_late_orders_found"),
        ("payments", "0028_replaced_units_are_not_refunded"),
        ("inventory", "0024_reservations_of_exchanges"),
    ]

    operations = [
        migrations.RunSQL(
            # The file is of the newest version, and names columns that later migrations add.
            ["SET LOCAL check_function_bodies = off", load("line_units"), "SET LOCAL check_function_bodies = on"],
            "DROP VIEW orders_lineunits; DROP FUNCTION orders_line_units(uuid, uuid, uuid, uuid, integer)",
        ),
        migrations.CreateModel(
            name="LineUnits",
            fields=[
                (
                    "line",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="unit_counts",
                        serialize=False,
                        to="orders.orderline",
                    ),
                ),
                *[
                    (name, models.IntegerField())
                    for name in (
                        "refunded",
                        "restocked",
                        "cancelled",
                        "cancelled_back",
                        "picked",
                        "sent",
                        "came_back",
                        "prepared",
                        "packed",
                        "replaced",
                        "paid_by_returns",
                        "came_by_returns",
                        "unsent",
                        "left",
                    )
                ],
            ],
            options={"db_table": "orders_lineunits", "managed": False},
        ),
    ]
