"""The structure of a migrated database as one file of SQL, `structure.sql`, for databases that are empty.

All migrations take the better part of a minute, their outcome a second. `migrate` reads the file into an empty
database (`loading.py`) and then runs what migrations are newer than it; `make structure` writes it (`writing.py`).
"""
