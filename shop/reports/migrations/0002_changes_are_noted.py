"""Triggers that note what the reports must count, and the note that everything is to be counted once.

Each statement is a transaction of its own: the lock that a trigger takes on its table lasts an instant, and never are
two tables locked at once. The job counts the orders there are in portions (`shop.reports.rebuilding`).
"""

from django.db import migrations

from shop.reports.sql import statements

NOTES = (
    "reports_note_order",
    "reports_note_order_of",
    "reports_note_payment_of",
    "reports_note_installment_of",
    "reports_note_checkout",
)


def count_everything(apps, schema_editor):
    """Ask for a shop's orders and checkouts to be counted; one without any has nothing to count."""
    if apps.get_model("orders", "CheckoutSession").objects.exists():
        apps.get_model("reports", "ReportChange").objects.create(is_all=True)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reports', '0001_reports'),
        ('orders', '0023_whole_debt_of_a_plan_may_go_back'),
        ('payments', '0026_what_the_card_charges'),
    ]

    operations = [
        migrations.RunSQL(
            statements("changes"),
            [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in NOTES],
        ),
        migrations.RunPython(count_everything, migrations.RunPython.noop),
    ]
