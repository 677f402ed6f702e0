"""What can be chosen in a select or radio field."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms.fields.choices import SelectChoice


def options(pairs: Iterable[tuple[object, object]]) -> list[SelectChoice]:
    """Values with their words; words may still wait for the language of the request."""
    return [SelectChoice(value=str(value), label=words) for value, words in pairs]
