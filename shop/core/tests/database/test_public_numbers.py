"""Public numbers: filled by the database whoever inserts, unique, never changed, and safe to add to a table in use."""

import pytest
from django.apps import apps
from django.db import Error, connection, transaction
from django.db.migrations.state import StateApps

from catalog.models import Variant
from orders.models import PaymentMethod
from shop.accounts.models import User
from shop.core.database import public_numbers
from shop.core.database.migrations import is_valid_index
from shop.core.ids import uuid7

SEQUENCE, TABLE = "try_numbers", "try_numbered"


@pytest.mark.django_db
def test_each_way_to_insert_gives_the_next_number_and_nothing_changes_it():
    one = PaymentMethod.objects.create(code="one", name="One")
    several = PaymentMethod.objects.bulk_create(
        PaymentMethod(code=code, name=code) for code in ("two", "three")
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY orders_paymentmethod (id, created_at, updated_at, code, name, gateways, is_active) FROM STDIN"
        ) as copy,
    ):
        copy.write_row((uuid7(), "2026-01-01", "2026-01-01", "four", "Four", "{}", True))
    copied = PaymentMethod.objects.get(code="four")
    numbers = [row.public_number for row in (one, *several, copied)]
    assert numbers == list(range(one.public_number, one.public_number + 4))

    one.name = "Another"
    one.save()  # Every column, its number among them.
    one.refresh_from_db()
    assert (one.name, one.public_number) == ("Another", numbers[0])
    with pytest.raises(Error, match="public_number"), transaction.atomic():
        PaymentMethod.objects.filter(pk=one.pk).update(public_number=numbers[0] + 100)

    user = User.objects.create_user("numbered@example.com")
    user.full_clean(exclude=["password"])
    assert user.public_number == User.objects.get(pk=user.pk).public_number > 0
    assert not PaymentMethod._meta.get_field("public_number").editable


@pytest.mark.django_db
def test_the_card_is_method_one_and_a_restored_shop_skips_numbers():
    card = PaymentMethod.objects.get(public_number=1)
    assert (card.name, card.gateways[0], card.is_active) == ("Tarjeta", "stripe", True)
    before = PaymentMethod.objects.create(code="before", name="Before").public_number
    public_numbers.skip(500)
    after = PaymentMethod.objects.create(code="after", name="After").public_number
    assert after == before + 501
    models = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, public_numbers.PublicNumberField)
    }
    assert models == {"Installment", "OrderLine", "PaymentMethod", "User", Variant.__name__}


@pytest.mark.django_db(transaction=True)
def test_rows_there_are_get_numbers_and_an_interrupted_numbering_goes_on():
    number = public_numbers.number_rows(TABLE, SEQUENCE)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE {SEQUENCE}")
        cursor.execute(f"CREATE TABLE {TABLE} (id uuid PRIMARY KEY DEFAULT gen_random_uuid())")
        try:
            cursor.execute(f"INSERT INTO {TABLE} SELECT FROM generate_series(1, 5)")
            cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN public_number bigint")
            cursor.execute(
                f"ALTER TABLE {TABLE} ALTER COLUMN public_number SET DEFAULT nextval('{SEQUENCE}')"
            )
            cursor.execute(f"INSERT INTO {TABLE} DEFAULT VALUES")  # A process of the version before.
            for _time in range(2):
                with connection.schema_editor(atomic=False) as editor:
                    number.code(StateApps([], {}), editor)
            # Interrupted while the index was built: it is there, and not valid.
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
                [f"{TABLE}_public_number_once"],
            )
            with connection.schema_editor(atomic=False) as editor:
                number.code(StateApps([], {}), editor)
            assert is_valid_index(connection, f"{TABLE}_public_number_once")
            cursor.execute(f"SELECT count(DISTINCT public_number), max(public_number) FROM {TABLE}")
            assert cursor.fetchone() == (6, 6)
            with pytest.raises(Error, match="not-null"):
                cursor.execute(f"INSERT INTO {TABLE} (public_number) VALUES (NULL)")
        finally:
            cursor.execute(f"DROP TABLE {TABLE}")
            cursor.execute(f"DROP SEQUENCE {SEQUENCE}")
