"""Payment methods by number, as clients of the API name them; a checkout keeps the one that was named."""

from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import shop.core.database.public_numbers
import shop.core.ids

# Number, code, name, providers. The names are data: clients read them as they are.
_METHODS = (
    (1, "card", "Tarjeta", ["stripe", "*"]),
    (2, "mercadopago", "Mercado Pago", ["mercadopago"]),
    (3, "transfer", "Transferencia bancaria", ["transfer"]),
)


def add(apps: Any, schema_editor: Any) -> None:
    """Write the methods that every shop begins with, and let the sequence go on after them."""
    method = apps.get_model("orders", "PaymentMethod")
    for number, code, name, gateways in _METHODS:
        method.objects.get_or_create(
            code=code, defaults={"public_number": number, "name": name, "gateways": gateways}
        )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT setval('orders_paymentmethod_public_number', %s)", [len(_METHODS)])


class Migration(migrations.Migration):
    dependencies = [("orders", "0025_public_numbers_given")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE orders_paymentmethod_public_number",
            "DROP SEQUENCE orders_paymentmethod_public_number",
        ),
        migrations.CreateModel(
            name='PaymentMethod',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('public_number', shop.core.database.public_numbers.PublicNumberField(sequence='orders_paymentmethod_public_number', verbose_name='number')),
                ('code', models.SlugField(max_length=30, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('gateways', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None, verbose_name='providers')),
                ('is_active', models.BooleanField(default=True, verbose_name='offered')),
            ],
            options={
                'verbose_name': 'payment method',
                'verbose_name_plural': 'payment methods',
                'ordering': ['public_number'],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='paymentmethod',
            trigger=pgtrigger.compiler.Trigger(name='public_number_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."public_number" IS DISTINCT FROM (NEW."public_number"))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "public_number" rows from % table\', TG_TABLE_NAME;', hash='6f2ce2a80f43388d1ecfc3176c005f970d6ba92f', operation='UPDATE OF "public_number"', pgid='pgtrigger_public_number_never_changes_a6377', table='orders_paymentmethod', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='checkoutsession',
            name='payment_method',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.paymentmethod', verbose_name='payment method'),
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
