"""One rule for what makes two codes one (`shop.core.codes`), kept by the database.

A shop may have codes that break it: with invisible characters, in other capitals, with letters of another alphabet that
look like Latin ones, a barcode with and without the zero before it. They are mended first, each visibly: the code that
follows the rule, or the older one, stays; the other is written plainly, with `-2` behind when that is taken. Each
change is printed here and kept as an event of its variant. Nothing else is touched, and nobody writes meanwhile.
"""

import re
import sys
import unicodedata

import django.db.models.functions.text
from django.db import migrations, models

import shop.core.codes
from shop.core.codes import fold, fold_barcode, normalise

_PLAIN = re.compile("[!-~¡-¬®-ÖØ-ƿǄ-ɏ]")
_LOOKS_LIKE = dict(
    zip(
        "АВЕКМНОРСТУХЅІЈасеорухѕіјΑΒΕΖΗΙΚΜΝΟΡΤΥΧο‐‑‒–—−×",
        "ABEKMHOPCTYXSIJaceopyxsijABEZHIKMNOPTYXo------x",
        strict=True,
    )
)


def _plain(code):
    """Return a code with nothing in it that the rule refuses; what has no likeness is written as its number."""
    parts = []
    for mark in normalise(code):
        if _PLAIN.match(mark):
            parts.append(mark)
        elif mark in _LOOKS_LIKE:
            parts.append(_LOOKS_LIKE[mark])
        elif mark.isspace():
            parts.append("-")
        elif unicodedata.category(mark)[0] not in "CM":
            parts.append(f"u{ord(mark):04X}")
    return "".join(parts)


def mend(codes, most, key, stands_in):
    """Return the new code of each row whose code breaks the rule. `codes`: (key, code), the older ones first."""
    taken, broken, found = set(), [], {}
    for row, code in codes:
        if code and code == _plain(code) and key(code) not in taken:
            taken.add(key(code))
        else:
            broken.append((row, code))
    for row, code in broken:
        plain = _plain(code)[:most] or stands_in
        new, number = plain, 1
        while key(new) in taken:
            number += 1
            new = f"{plain[: most - len(str(number)) - 1]}-{number}"
        taken.add(key(new))
        found[row] = (code, new)
    return found


def mend_codes(apps, schema_editor):
    """Bring the codes that are there under the rule, and tell which."""
    Variant, Event = apps.get_model("catalog", "Variant"), apps.get_model("core", "Event")
    schema_editor.execute("LOCK TABLE catalog_variant IN SHARE ROW EXCLUSIVE MODE")
    rows = Variant.objects.order_by("created_at", "pk")
    for column, most, key, stands_in in (("sku", 60, fold, "SKU"), ("barcode", 32, fold_barcode, "barcode")):
        codes = list(rows.exclude(**{column: ""} if column == "barcode" else {}).values_list("pk", column))
        for pk, (before, after) in mend(codes, most, key, stands_in).items():
            Variant.objects.filter(pk=pk).update(**{column: after})
            Event.objects.create(
                subject_type="catalog.variant", subject_id=pk, kind="code mended", actor="job:migrate", field=column,
                data={"before": before, "after": after},
            )
            sys.stdout.write(f"\n    {column} {before!a} broke the rule for codes and is now {after}")
    # What waits for the end of the transaction would forbid the ALTER TABLE that follows.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_former_addresses"), ("core", "0002_words_for_every_field")]

    operations = [
        migrations.RunPython(mend_codes, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name='variant',
            name='variant_barcode_unique',
        ),
        migrations.AlterField(
            model_name='variant',
            name='barcode',
            field=shop.core.codes.CodeField(blank=True, max_length=32, verbose_name='barcode'),
        ),
        migrations.AlterField(
            model_name='variant',
            name='sku',
            field=shop.core.codes.CodeField(max_length=60, unique=True, verbose_name='SKU'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('sku__regex', '^[!-~¡-¬®-ÖØ-ƿǄ-ɏ]*$'), models.Q(('sku', ''), _negated=True)), name='variant_sku_plain'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('barcode__regex', '^[!-~¡-¬®-ÖØ-ƿǄ-ɏ]*$')), name='variant_barcode_plain'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('sku'), name='variant_sku_one', violation_error_message='This SKU exists already; capitals make no difference.'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(models.Case(models.When(barcode__regex='^[0-9]{12,14}$', then=django.db.models.functions.text.LPad('barcode', 14, models.Value('0'))), default=django.db.models.functions.text.Upper('barcode'), output_field=models.CharField()), condition=models.Q(('barcode', ''), _negated=True), name='variant_barcode_one', violation_error_message='Another variant has this barcode; zeros before it make no difference.'),
        ),
    ]
