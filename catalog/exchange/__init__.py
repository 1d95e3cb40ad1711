"""Catalogue files: their columns and rows, what a file would create and change, and the writing of it.

`inventory.exchange.jobs` runs them in the background, with the files of the stock.
"""
