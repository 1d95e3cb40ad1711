"""The providers' payout reports: read (`reading`), kept (`importing`), compared with our books (`matching`), and what
is left over (`residue`)."""
