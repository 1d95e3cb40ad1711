"""The part of reading files that runs in a process of its own, within limits: no Django, no database, no secrets.

`child` is that process; `inventory.exchange.sheets` starts it and says its refusals in words.
"""
