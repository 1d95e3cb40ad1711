"""The offers that every shop begins with; none is offered before the merchant says so."""

from decimal import Decimal
from typing import Any

from django.db import migrations

# Instalments, flat annual factor.
_DEFAULTS = ((1, "0"), (3, "0.19"), (6, "0.15"), (12, "0.12"))


def add(apps: Any, schema_editor: Any) -> None:
    """Write the defaults where no offer of their code exists."""
    offer = apps.get_model("orders", "InstallmentOffer")
    for count, factor in _DEFAULTS:
        name = "1 pago" if count == 1 else f"{count} cuotas"
        offer.objects.get_or_create(
            code=f"cuotas-{count}",
            version=1,
            defaults={"name": name, "count": count, "factor": Decimal(factor), "is_active": False},
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0021_installments")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
