"""A violation's `facts`, and `first_reserved_at`: new names in Python alone.

The columns keep theirs (`told`, `first_held_at`): processes of the version before use them while the shop is upgraded.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0020_functions_named_after_what_they_answer"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("stockviolation", "told", "facts"),
                migrations.AlterField(
                    "stockviolation",
                    "facts",
                    models.JSONField(blank=True, db_column="told", default=list, editable=False),
                ),
                migrations.RenameField("reservation", "first_held_at", "first_reserved_at"),
                migrations.AlterField(
                    "reservation",
                    "first_reserved_at",
                    models.DateTimeField(
                        auto_now_add=True, db_column="first_held_at", verbose_name="first held"
                    ),
                ),
            ]
        ),
    ]
