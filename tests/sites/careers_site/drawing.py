"""Seeded draws: the same (seed, job id, purpose) always gives the same result, in whatever order it is asked for."""

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from careers_site import wording

T = TypeVar("T")

NAME_STYLES: Final = ("bracket", "numbered", "hex", "telling", "cards")
ID_STYLES: Final = ("react", "hex", "as-name", "digits-first", "ember")
HIGHEST: Final = 999_999_999_999
"""Of a field's number: so many that no two of a form's sixty fields draw the same one."""


class Draw:
    """Draws for one job. Each purpose has a generator of its own, so that adding a field never changes another's."""

    def __init__(self, seed: int, job_id: str) -> None:
        self.seed = seed
        self.job_id = job_id

    def generator(self, purpose: str) -> random.Random:
        """A generator that depends on seed, job id and purpose alone (a str seeds the same in every process)."""
        return random.Random(f"{self.seed}/{self.job_id}/{purpose}")

    def pick(self, purpose: str, pool: Sequence[T]) -> T:
        return self.generator(purpose).choice(pool)

    def weighted(self, purpose: str, weights: dict[str, int]) -> str:
        return self.generator(purpose).choices(list(weights), list(weights.values()))[0]

    def some(self, purpose: str, pool: Sequence[T], count: int) -> list[T]:
        return self.generator(purpose).sample(pool, count)

    def shuffled(self, purpose: str, items: Sequence[T]) -> list[T]:
        return self.generator(purpose).sample(items, len(items))

    def chance(self, purpose: str, probability: float) -> bool:
        return self.generator(purpose).random() < probability

    def number(self, purpose: str, low: int, high: int) -> int:
        return self.generator(purpose).randint(low, high)

    def hexadecimal(self, purpose: str, digits: int) -> str:
        return f"{self.generator(purpose).getrandbits(4 * digits):0{digits}x}"

    def field_name(self, token: str) -> str:
        """The posted name of a field, in the one style that this job's site has."""
        style = self.pick("name-style", NAME_STYLES)
        number = self.number(f"name-number/{token}", 1_000_000, HIGHEST)
        match style:
            case "bracket":
                return f"job_application[answers_attributes][{number}][text_value]"
            case "numbered":
                return f"question_{number}"
            case "hex":
                return f"field-{self.hexadecimal(f'name/{token}', 10)}"
            case "cards":
                return f"cards[{self.hexadecimal('card', 8)}][field{number}]"
            case _:
                pool = wording.NAMES.get(token)
                return self.pick(f"name/{token}", pool) if pool else f"custom_{number}"

    def element_id(self, token: str, name: str) -> str:
        """The id of a field's element: odd on purpose, some need escaping in a CSS selector."""
        style = self.pick("id-style", ID_STYLES)
        number = self.number(f"id-number/{token}", 10_000, HIGHEST)
        match style:
            case "react":
                return f":r{number:x}:"
            case "hex":
                return f"input-{self.hexadecimal(f'id/{token}', 8)}"
            case "digits-first":
                return f"{number}_field"
            case "ember":
                return f"ember{number}"
            case _:
                return name
