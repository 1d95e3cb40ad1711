"""ARCA (Argentina), as far as a shop sees it: WSAA signs in, WSFEv1 issues documents (docs/fiscal/arca.md)."""
