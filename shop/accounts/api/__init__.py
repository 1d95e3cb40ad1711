"""The accounts' part of the API: who calls, and what a person may do with their own account."""
