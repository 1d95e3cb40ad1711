"""The reasons that every shop begins with, and its own terms of returns for all orders placed so far and later."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

# Code, labels (es, en, pt), whether it asks for the area, whether it is the shop's fault.
_REASONS = (
    ("too_small", "Me queda chico", "Too small", "Ficou pequeno", True, False),
    ("too_large", "Me queda grande", "Too large", "Ficou grande", True, False),
    ("fit_shape", "No me gusta cómo calza", "Fit or shape", "Não gostei do caimento", True, False),
    ("colour_differs", "El color es distinto", "The colour differs", "A cor é diferente", False, True),
    ("fabric_quality", "Tela o calidad", "Fabric or quality", "Tecido ou qualidade", False, False),
    ("not_as_described", "No es como se describe", "Not as described", "Não é como descrito", False, True),
    ("defective", "Tiene una falla", "Defective", "Tem defeito", False, True),
    ("damaged_in_transit", "Llegó dañado", "Damaged on the way", "Chegou danificado", False, True),
    ("wrong_item", "Llegó otro producto", "Wrong item", "Chegou outro produto", False, True),
    ("missing", "Le falta una parte", "A part is missing", "Falta uma parte", False, True),
    ("late", "Llegó tarde", "Arrived late", "Chegou atrasado", False, True),
    ("changed_mind", "Cambié de opinión", "Changed my mind", "Mudei de ideia", False, False),
    ("better_price", "Encontré mejor precio", "Found a better price", "Achei preço melhor", False, False),
    (
        "ordered_several_sizes",
        "Pedí varios talles",
        "Ordered several sizes",
        "Pedi vários tamanhos",
        False,
        False,
    ),
    ("gift", "Es un regalo", "It was a gift", "Foi um presente", False, False),
    ("other", "Otro motivo", "Another reason", "Outro motivo", False, False),
)


def add(apps: Any, schema_editor: Any) -> None:
    """Write the reasons whose code does not exist, and the shop's terms where it has none."""
    reason = apps.get_model("orders", "ReturnReason")
    for position, (code, label, english, portuguese, needs_area, is_fault) in enumerate(_REASONS):
        reason.objects.get_or_create(
            code=code,
            defaults={
                "label": label,
                "label_en": english,
                "label_pt": portuguese,
                "needs_area": needs_area,
                "is_fault": is_fault,
                "sort_order": position,
            },
        )
    policy = apps.get_model("orders", "ReturnPolicy")
    if not policy.objects.filter(product=None, collection=None).exists():
        policy.objects.create(applies_from=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):
    dependencies = [("orders", "0029_returns")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
