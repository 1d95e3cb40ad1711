"""A public number for every user: the column and its default; the rows there are get theirs with the next migration."""

from django.db import migrations

from shop.core.database.public_numbers import add_column


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_country_of_the_shop")]

    operations = [
        *add_column("user", "accounts_user", "accounts_user_public_number", "number"),
    ]
