"""What a function writes alike for everybody in a language."""

from shop.core.web.template_functions.values import Value


class Texts:
    """What is the same for everybody, by language: a list of texts for each, filled in when they are first written."""

    def __init__(self) -> None:
        self.number = 0
        self._kept: dict[object, list[Value]] = {}

    def of(self, key: object) -> list[Value]:
        """Return the texts of a language (`key_of`); None stands for one that was not written yet."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = [None] * self.number
        return found

    def place(self) -> int:
        """Return the place of another text."""
        self.number += 1
        return self.number - 1
