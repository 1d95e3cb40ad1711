"""Rows of accounts for tests."""

import factory
from factory.django import DjangoModelFactory

from shop.accounts.models import Address, Profile, User

PASSWORD = "una-percha-de-madera"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"persona{n}@example.com")
    password = factory.django.Password(PASSWORD)


class ProfileFactory(DjangoModelFactory[Profile]):
    class Meta:
        model = Profile

    user = factory.SubFactory(UserFactory)
    first_name = "Ana"
    last_name = "Suárez"
    phone = "+54 11 5555 1234"


class AddressFactory(DjangoModelFactory[Address]):
    class Meta:
        model = Address

    user = factory.SubFactory(UserFactory)
    recipient = "Ana Suárez"
    street = factory.Sequence(lambda n: f"Gurruchaga {n}")
    city = "Buenos Aires"
    state = "Ciudad Autónoma de Buenos Aires"
    postal_code = "C1414"
    country = "AR"
