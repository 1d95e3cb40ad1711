"""The sales contract below `/api/sales/` (docs/api.md#sales-contract): prepare, bill, pay at Mercado Pago, ask."""
