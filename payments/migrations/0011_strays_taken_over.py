"""Let a payment stand without a purchase: a stray that was taken over, so that its money can go back from here."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_actors_by_key"),
        ("payments", "0010_longer_places_in_lists"),
    ]

    operations = [
        migrations.AlterField(
            model_name="payment",
            name="attempt",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="payments.paymentattempt",
                verbose_name="attempt",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="role",
            field=models.CharField(
                choices=[
                    ("none", "no money yet"),
                    ("order", "paid the order"),
                    ("surplus", "surplus, goes back"),
                    ("mismatch", "wrong amount, held"),
                    ("stray", "without a purchase"),
                ],
                default="none",
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "stray"), ("attempt", None), ("order", None)),
                    models.Q(models.Q(("role", "stray"), _negated=True), ("attempt__isnull", False)),
                    _connector="OR",
                ),
                name="payment_stray_has_no_purchase",
            ),
        ),
    ]
