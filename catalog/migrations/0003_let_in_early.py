"""One place that says who may buy before a drop opens: called by the reservation's statement and by the screens.

PL/pgSQL, so that the reservation, which is planned anew each time, plans a call and not what it reads; the call is
made only while the drop has not opened.
"""

from django.db import migrations

LET_IN_EARLY = """
CREATE FUNCTION catalog_let_in_early(asked_collection uuid, asked_cart uuid, asked_user uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
          FROM catalog_accessgrant AS granted
          LEFT JOIN catalog_accesscode AS code ON code.id = granted.code_id
         WHERE granted.collection_id = asked_collection
           AND (granted.cart_id = asked_cart OR granted.user_id = asked_user)
           AND (code.id IS NULL OR code.is_active AND (code.opens_at IS NULL OR code.opens_at <= statement_timestamp()))
    ) OR asked_user IS NOT NULL AND EXISTS (
        SELECT 1
          FROM catalog_earlyopening AS early
          JOIN catalog_customergroup_members AS member ON member.customergroup_id = early.group_id
         WHERE early.collection_id = asked_collection
           AND member.user_id = asked_user
           AND early.opens_at <= statement_timestamp()
    );
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_early_access_and_waiting_lists")]

    operations = [
        migrations.RunSQL(
            LET_IN_EARLY, reverse_sql="DROP FUNCTION catalog_let_in_early(uuid, uuid, uuid)"
        )
    ]
