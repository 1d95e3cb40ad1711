"""Plays the outside parties of the shop, on this machine only: a folder for each (`engine.Counterpart`).

The shop never imports this package: it has a base URL. This package never imports the shop.
"""
