"""ARCA (Argentina, formerly AFIP): invoices with a CAE by WSFEv1, signed in by WSAA (docs/fiscal/arca.md)."""
