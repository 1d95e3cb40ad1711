"""The client contract below `/api/ventas/` (docs/api.md#client-contract), to the letter.

Keys, their order, text and number types, statuses and Spanish messages are the contract's and change for no reason.
"""
