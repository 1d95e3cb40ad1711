"""Keep of each waiting entry whose mailbox it is: `a+1@…` and `a+2@…` are one.

Of entries that stand in one line already under several spellings the one that waits longest gets the mailbox; the
others keep their place, which was promised, and no mailbox. Batches of their own transactions; safe to repeat.
"""

from django.db import migrations, models, transaction

from shop.core.user_input.emails import mailbox

_LIVE = ("pending", "confirmed")
_SIZE = 1000


def fill(apps, schema_editor):
    entries = apps.get_model("catalog", "WaitingEntry").objects.using(schema_editor.connection.alias)
    live = entries.filter(status__in=_LIVE)
    taken = set(live.exclude(mailbox="").values_list("mailbox", "variant_id", "collection_id"))
    # "confirmed" comes before "pending"; of the confirmed the first in line.
    order = live.filter(mailbox="").order_by("status", "confirmed_at", "created_at", "pk")
    keys = list(order.values_list("pk", flat=True))
    for start in range(0, len(keys), _SIZE):
        with transaction.atomic(using=schema_editor.connection.alias):
            rows = entries.in_bulk(keys[start : start + _SIZE])
            changed = []
            for key in keys[start : start + _SIZE]:
                row = rows.get(key)
                place = row and (mailbox(row.email), row.variant_id, row.collection_id)
                if row and row.status in _LIVE and place not in taken:
                    taken.add(place)
                    row.mailbox = place[0]
                    changed.append(row)
            entries.bulk_update(changed, ["mailbox"], batch_size=_SIZE)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0006_one_rule_for_codes")]

    operations = [
        migrations.AddField(
            model_name="waitingentry",
            name="mailbox",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=254),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
