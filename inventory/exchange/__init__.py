"""Files out of the shop and into it: stock in both directions, exports of every list, and the jobs that run them.

The columns, validation and writing of catalogue files are in `catalog.exchange`; what both have in common (cells,
headings, rows, resources of django-import-export) in `shop.core.spreadsheets`.

django-import-export's own dry run writes everything and rolls back: it would hold the locks that buyers wait for. So
rows are validated without writing, and written by a few statements.
"""
