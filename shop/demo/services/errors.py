"""The one error of the embedded services: a sentence for the person at the terminal."""


class ServiceError(Exception):
    """One clear sentence about what is wrong and what to do; the data are unchanged."""
