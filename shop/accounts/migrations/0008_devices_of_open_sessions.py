"""Browsers that were signed in before devices were kept get their row, so that their owners can end them."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations
from django.utils import timezone

BATCH = 500


def keep(apps, schema_editor):
    """Read the open sessions in batches, without a lock; running twice changes nothing."""
    Session = apps.get_model("sessions", "Session")
    UserSession = apps.get_model("usersessions", "UserSession")
    User = apps.get_model("accounts", "User")
    store, now, last = SessionStore(), timezone.now(), ""
    open_ones = Session.objects.filter(expire_date__gt=now).order_by("session_key")
    while sessions := list(open_ones.filter(session_key__gt=last)[:BATCH]):
        last = sessions[-1].session_key
        owners = {one.session_key: store.decode(one.session_data).get("_auth_user_id") for one in sessions}
        people = {str(pk) for pk in User.objects.filter(pk__in=set(filter(None, owners.values()))).values_list("pk", flat=True)}
        rows = []
        for one in sessions:
            if owners[one.session_key] in people:
                # A session lives for thirty days after it was saved last.
                saved = min(now, one.expire_date - timedelta(days=30))
                row = {"ip": "::", "user_agent": "", "created_at": saved, "last_seen_at": saved}
                rows.append(UserSession(session_key=one.session_key, user_id=owners[one.session_key], **row))
        UserSession.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_devices_and_refresh_tokens'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop, elidable=True),
    ]
