"""Printed documents: the embedded fonts (`fonts`), PDF pages that repeat byte for byte (`pdf`), QR codes (`qr`)."""
