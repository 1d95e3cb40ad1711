"""The triggers that note which products' rows of the lists must be made again (`catalog/models/listing.py`).

Triggers, so that no form, import, job or SQL can forget it. Each inserts a row of its own in the transaction of the
change: nobody waits for anybody, and the note is visible exactly when the change is.
"""

from typing import Final

import pgtrigger

MARK: Final = "INSERT INTO catalog_listingmark (kind, key) VALUES"


def marks_listing(kind: str, key: str = "") -> pgtrigger.Trigger:
    """Return the trigger of a table whose rows are, or name in the column `key`, what changed.

    An update that changes nothing but `updated_at` is not noted.
    """
    old, new = (f"OLD.{key}::text", f"NEW.{key}::text") if key else ("''", "''")
    return pgtrigger.Trigger(
        name="marks_listing",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            {MARK} ('{kind}', {old});
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND {old} IS DISTINCT FROM {new} THEN
            {MARK} ('{kind}', {new});
        END IF;
        RETURN NULL;
        """,
    )
