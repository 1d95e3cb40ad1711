"""A cart for each purchase that a client of the API makes, and the account whose purchase it is."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("orders", "0026_payment_methods"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="cart",
            name="buyer",
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="user"),
        ),
        AddIndexConcurrently(
            model_name="cart",
            index=models.Index(condition=models.Q(("buyer__isnull", False)), fields=["buyer"], name="cart_buyer"),
        ),
    ]
