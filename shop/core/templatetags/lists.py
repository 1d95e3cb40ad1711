"""Parts of the back office's lists that depend on the row or the list shown."""

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def acts_of(context: dict[str, Any], result: Any, cl: Any) -> list[dict[str, Any]]:
    """Return the actions of a row's menu that are possible in its state (`BackOfficeAdmin.makes_sense`)."""
    acts: list[dict[str, Any]] = context.get("actions") or []
    comparer = getattr(getattr(cl, "model_admin", None), "makes_sense", None)
    row = getattr(result, "instance", None)
    if comparer is None or row is None:
        return acts
    # `admin:inventory_purchaseorder_receive`: the last part is the action's method, and with hyphens its URL.
    prefix = f"{row._meta.app_label}_{row._meta.model_name}_"
    return [act for act in acts if comparer(act["raw_path"].partition(prefix)[2].replace("_", "-"), row)]


@register.simple_tag
def empty_words(cl: Any) -> str:
    """Return the text of an empty list, where its model admin has one."""
    explain = getattr(cl.model_admin, "empty_words", None)
    return str(explain(cl)) if explain else ""
