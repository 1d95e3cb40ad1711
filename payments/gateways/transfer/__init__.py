"""Bank transfer: the shop's own account, without a provider between."""

from payments.gateways.transfer.gateway import BankTransfer, from_settings

__all__ = ["BankTransfer", "from_settings"]
