"""New names of fields in Python alone: the columns keep theirs for processes of the version before."""

from django.db import migrations, models

MOMENT = {"blank": True, "null": True}
# model, old name (the column), new name, field
FIELDS = [
    (
        "dispute",
        "next_look_at",
        "next_fetch_at",
        models.DateTimeField(**MOMENT, db_column="next_look_at", verbose_name="next look"),
    ),
    (
        "providerwatch",
        "swept_until",
        "high_water_mark",
        models.DateTimeField(**MOMENT, db_column="swept_until", verbose_name="list read until"),
    ),
    (
        "providerwatch",
        "swept_at",
        "list_read_at",
        models.DateTimeField(**MOMENT, db_column="swept_at", verbose_name="last sweep"),
    ),
    (
        "refund",
        "key_turn",
        "key_try",
        models.PositiveSmallIntegerField(db_column="key_turn", default=0, editable=False),
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0019_refunds_by_what_was_paid"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("dispute", "dispute_next_look"),
                *(
                    operation
                    for model, old, new, field in FIELDS
                    for operation in (
                        migrations.RenameField(model, old, new),
                        migrations.AlterField(model, new, field),
                    )
                ),
                migrations.AddIndex(
                    "dispute",
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["next_fetch_at"],
                        name="dispute_next_look",
                    ),
                ),
            ]
        ),
    ]
