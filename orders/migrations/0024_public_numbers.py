"""A public number for every line of an order and every instalment: the column and its default; the rows there are get theirs with the next migration."""

from django.db import migrations

from shop.core.database.public_numbers import add_column


class Migration(migrations.Migration):
    dependencies = [("orders", "0023_whole_debt_of_a_plan_may_go_back")]

    operations = [
        *add_column("installment", "orders_installment", "orders_installment_public_number", "public number"),
        *add_column("orderline", "orders_orderline", "orders_orderline_public_number", "number"),
    ]
