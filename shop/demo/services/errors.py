"""The one error of the embedded services: a sentence for the person at the terminal."""


class ServiceError(Exception):
    """Say in one clear sentence what is in the way and what to do; the data are untouched."""
