"""The migration of codes on a shop with duplicates: it ends, keeps every variant, and reports its changes."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from catalog.models import Variant
from catalog.tests.factories import make_product, make_variant
from shop.core.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NAME = ("catalog", "0006_one_rule_for_codes")


def test_a_shop_with_twins_is_migrated(capsys):
    product = make_product(colours=(), sizes=())
    old = [make_variant(product, sku=f"OLD-{n}") for n in range(3)]
    # This migration alone is taken back and made again: a walk through all that came after it costs a hundred times that.
    loader = MigrationLoader(connection)
    migration, before = loader.graph.nodes[NAME], loader.project_state(NAME, at_end=False)
    with connection.schema_editor(atomic=True) as editor:
        migration.unapply(before.clone(), editor)
    try:
        twins = [("BCA-1", "0735145200461"), ("bca-1", "735145200461"), ("BCA-1\u200b", "")]
        with connection.cursor() as cursor:
            for variant, (sku, barcode) in zip(old, twins, strict=True):
                cursor.execute(
                    "UPDATE catalog_variant SET sku = %s, barcode = %s WHERE id = %s",
                    [sku, barcode, variant.pk],
                )
    finally:
        # The other tests of this process use the same database.
        with connection.schema_editor(atomic=True) as editor:
            migration.apply(before, editor)

    found = dict(Variant.objects.filter(product=product).values_list("sku", "barcode"))
    assert found == {"BCA-1": "0735145200461", "bca-1-2": "735145200461-2", "BCA-1-3": ""}
    changed = Event.objects.filter(kind="code mended").values_list("data__before", "data__after")
    assert set(changed) == {
        ("bca-1", "bca-1-2"),
        ("BCA-1\u200b", "BCA-1-3"),
        ("735145200461", "735145200461-2"),
    }
    assert "is now bca-1-2" in capsys.readouterr().out
