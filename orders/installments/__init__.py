"""The shop's own instalments: offers, quotes, plans, what is paid of them. Arithmetic: `shop.core.installments`."""
