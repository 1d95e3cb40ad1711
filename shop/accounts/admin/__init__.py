"""People in the back office."""

from shop.accounts.admin import erasures, people

__all__ = ["erasures", "people"]
