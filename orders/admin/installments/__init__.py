"""The shop's own instalments in the back office: offers, plans and what is done about them, reports."""
