"""The verbs' statements ask for early access to a drop and for the limit of one purchase."""

from django.db import migrations

from inventory.sql import load

OLD_RESERVE = (
    "DROP FUNCTION IF EXISTS"
    " inventory_reserve(uuid, uuid, integer, interval, text, uuid, uuid, text, text, boolean)"
)
OLD_STANDING = "DROP FUNCTION IF EXISTS inventory_standing(uuid[])"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_alerts_purchases_and_counts"), ("catalog", "0003_let_in_early")]

    operations = [
        migrations.RunSQL([OLD_RESERVE, load("reserve")], migrations.RunSQL.noop),
        migrations.RunSQL([OLD_STANDING, load("sellability")], migrations.RunSQL.noop),
    ]
