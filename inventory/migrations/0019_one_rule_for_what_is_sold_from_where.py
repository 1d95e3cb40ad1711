"""Where units are sold from, and when: one function each, asked by the statements installed again here."""

from django.db import migrations

from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0018_answers_of_rules_as_json"),
        ("catalog", "0009_one_rule_for_a_drops_window"),
    ]

    operations = [
        migrations.RunSQL([load("sellable"), load("sellable_levels"), load("sellability")], migrations.RunSQL.noop),
    ]
