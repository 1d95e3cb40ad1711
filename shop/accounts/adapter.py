"""How django-allauth writes mail and redirects in this shop."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """The shop's own account adapter."""
