"""Catalogue and stock out to a spreadsheet and in from one.

`sheets` reads a file, `cells` and `columns` understand what people write, `resources` says which columns there are
(django-import-export), `catalogue` and `stock` judge the rows and write them, `jobs` runs a file in the background.

django-import-export's own dry run writes everything and rolls back: it would hold the locks buyers wait for. So rows
are judged without writing, and written by a few statements.
"""
