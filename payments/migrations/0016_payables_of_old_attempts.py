"""Payables for the attempts and payments there are, in batches, and the indexes, without keeping a writer out."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from shop.core.database.migrations import in_batches

MAKE = """
INSERT INTO orders_payable (id, created_at, updated_at, kind, purchase_id)
SELECT DISTINCT attempt.checkout_id, now(), now(), 'checkout', attempt.checkout_id
  FROM payments_paymentattempt AS attempt
 WHERE attempt.payable_id IS NULL
ON CONFLICT DO NOTHING
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Write the payables, then who refers to them. Safe to repeat."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
    in_batches(connection, "payments_paymentattempt", assign="payable_id = checkout_id", where="payable_id IS NULL")
    in_batches(
        connection,
        "payments_payment",
        assign="payable_id = (SELECT a.payable_id FROM payments_paymentattempt AS a WHERE a.id = row.attempt_id)",
        where="row.payable_id IS NULL AND row.attempt_id IS NOT NULL",
    )


def unique(table: str, name: str, where: str, old: str) -> list[str]:
    """Return the statements that put a unique index in the place of another; a broken one left over goes first."""
    return [
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}_new",
        f"CREATE UNIQUE INDEX CONCURRENTLY {name}_new ON {table} (payable_id) WHERE {where}",
        f"DROP INDEX CONCURRENTLY IF EXISTS {old}",
        f"ALTER INDEX {name}_new RENAME TO {name}",
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0015_payables")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently("paymentattempt", models.Index(fields=["payable"], name="attempt_payable")),
        AddIndexConcurrently("payment", models.Index(fields=["payable"], name="payment_payable")),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *map(
                    migrations.RunSQL,
                    unique(
                        "payments_paymentattempt",
                        "attempt_one_live",
                        "status IN ('created', 'redirected', 'pending')",
                        "attempt_one_live",
                    ),
                ),
                *map(
                    migrations.RunSQL,
                    unique("payments_payment", "payment_one_pays_it", "role = 'order'", "payment_one_pays_the_order"),
                ),
                migrations.RunSQL(
                    "ALTER TABLE payments_paymentattempt ADD CONSTRAINT attempt_payable_fk FOREIGN KEY (payable_id)"
                    " REFERENCES orders_payable (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
                ),
                migrations.RunSQL(
                    "ALTER TABLE payments_payment ADD CONSTRAINT payment_payable_fk FOREIGN KEY (payable_id)"
                    " REFERENCES orders_payable (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
                ),
                migrations.RunSQL(
                    "ALTER TABLE payments_paymentattempt ADD CONSTRAINT attempt_has_payable"
                    " CHECK (payable_id IS NOT NULL) NOT VALID"
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="payment", name="payment_one_pays_the_order"),
                migrations.RemoveConstraint(model_name="paymentattempt", name="attempt_one_live"),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("role", "order")), fields=("payable",), name="payment_one_pays_it"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paymentattempt",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status__in", ["created", "redirected", "pending"])),
                        fields=("payable",),
                        name="attempt_one_live",
                    ),
                ),
            ],
        ),
    ]
