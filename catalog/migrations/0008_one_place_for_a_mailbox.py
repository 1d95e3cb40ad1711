"""One place in a line for a mailbox, kept by the database."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_waiting_by_mailbox")]

    operations = [
        migrations.AddConstraint(
            model_name="waitingentry",
            constraint=models.UniqueConstraint(
                fields=["mailbox", "variant"],
                condition=Q(status__in=["pending", "confirmed"], variant__isnull=False) & ~Q(mailbox=""),
                name="waitingentry_mailbox_variant",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitingentry",
            constraint=models.UniqueConstraint(
                fields=["mailbox", "collection"],
                condition=Q(status__in=["pending", "confirmed"], collection__isnull=False) & ~Q(mailbox=""),
                name="waitingentry_mailbox_drop",
            ),
        ),
    ]
