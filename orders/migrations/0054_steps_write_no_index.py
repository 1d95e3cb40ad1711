"""No index has `expires_at`, which each step of a checkout moves, so that a step need not write all indexes of the row.

Its pages keep room for the next versions of their rows. A checkout's token is never looked for by its beginning (`LIKE`).
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0053_indexes_that_nobody_asks")]

    operations = [
        RemoveIndexConcurrently("checkoutsession", "checkout_due"),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS orders_checkoutsession_token_02572e17_like",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_checkoutsession_token_02572e17_like"
            " ON orders_checkoutsession (token varchar_pattern_ops)",
        ),
        migrations.RunSQL(
            "ALTER TABLE orders_checkoutsession SET (fillfactor = 70)",
            "ALTER TABLE orders_checkoutsession RESET (fillfactor)",
        ),
    ]
