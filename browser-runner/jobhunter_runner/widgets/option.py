"""Finding the option that is meant among a field's options. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from jobhunter_runner.form import Option


def fold(words: str) -> str:
    """Case and white space folded."""
    return " ".join(words.split()).casefold()


def option_meant(options: Sequence[Option], meant: str) -> Option | None:
    """The option with this label or value: exactly, or else with case and white space folded, labels before values."""
    for same in (lambda a: a == meant, lambda a: fold(a) == fold(meant)):
        for of in ("label", "value"):
            for option in options:
                if same(getattr(option, of)):
                    return option
    return None
