"""A stand-in, on this machine only, for whom the shop speaks to outside: a folder for each (`engine.Counterpart`).

The shop never imports this package: it knows a base URL. This package never imports the shop.
"""
