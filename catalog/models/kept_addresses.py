"""The trigger that records a former address when it changes, for each table whose rows have pages."""

import pgtrigger


def keep_address(kind: str, column: str) -> pgtrigger.Trigger:
    """Return the trigger that writes the old value of `column` into `catalog_formeraddress` when it changes."""
    return pgtrigger.Trigger(
        name="keep_address",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf(column),
        condition=pgtrigger.Q(**{f"old__{column}__df": pgtrigger.F(f"new__{column}")}),
        func=f"""
        INSERT INTO catalog_formeraddress (kind, slug, {kind}_id, changed_at)
        VALUES ('{kind}', OLD.{column}, OLD.id, now())
        ON CONFLICT (kind, slug) DO UPDATE SET {kind}_id = EXCLUDED.{kind}_id, changed_at = EXCLUDED.changed_at;
        RETURN NULL;
        """,  # noqa: S608 - the names are this module's callers' own
    )
