"""The part of reading files that runs in a process of its own, within limits: no Django, no database, no secrets.

`child` is that process; `shop.core.spreadsheets.sheets` starts it and translates its refusals.
"""
