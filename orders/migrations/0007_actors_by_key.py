"""Name customers by their account's key where events, holds and early access named them by their address."""

from typing import Any

from django.db import migrations

from shop.core.database.migrations import in_batches

# Whoever has no account (any more) is a shopper, as guests are.
BY_KEY = """
coalesce((SELECT 'customer:' || account.id FROM accounts_user AS account
           WHERE lower(account.email) = lower(substr(row.{column}, 9))), 'shopper')
"""
PLACES = (
    ("core_event", "actor"),
    ("inventory_reservation", "actor"),
    ("inventory_reservation", "ended_by"),
    ("catalog_accessgrant", "actor"),
)


def name_by_key(apps: Any, schema_editor: Any) -> None:
    """Replace the addresses, a batch at a time; what has none is left. Twice is harmless."""
    for table, column in PLACES:
        in_batches(
            schema_editor.connection,
            table,
            assign=f"{column} = {BY_KEY.format(column=column)}",
            where=f"row.{column} LIKE 'shopper:%'",
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0002_erasure_requests"),
        ("catalog", "0003_let_in_early"),
        ("core", "0002_words_for_every_field"),
        ("inventory", "0009_carts_held_in_one_statement"),
        ("orders", "0006_erased_buyers"),
    ]

    operations = [migrations.RunPython(name_by_key, migrations.RunPython.noop, elidable=True)]
