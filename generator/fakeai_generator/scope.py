"""The text of one emitted faker function while it is being written."""

from typing import NamedTuple

_DRAW_BITS = 31
_SPARE_BITS = 4
"""For a number of choices that is no power of two, so that they are nearly equally likely."""


class Code(NamedTuple):
    """A Python expression; `recursive` if it calls a faker that may come back here, unguarded."""

    text: str
    recursive: bool = False


class Scope:
    """Random bits are taken from shared draws: a draw costs more than all the rest of a small object."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self._draws = 0
        self._kept = 0
        self._used = _DRAW_BITS

    def choose(self, count: int) -> str:
        """A random index below count."""
        bits = (count - 1).bit_length()
        if count & (count - 1) == 0:
            return f"{self._bits(bits)} & {count - 1}"
        return f"({self._bits(bits + _SPARE_BITS)}) % {count}"

    def one_in_eight(self) -> str:
        return f"{self._bits(3)} & 7 == 0"

    def _bits(self, count: int) -> str:
        if self._used + count > _DRAW_BITS:
            self._draws += 1
            self._used = 0
            self.statements.append(f"b{self._draws} = r()")
        shift = self._used
        self._used += count
        return f"b{self._draws} >> {shift}" if shift else f"b{self._draws}"

    def keep(self, name: str, value: str) -> str:
        """Computes the value in a statement of its own; the variable that holds it."""
        self._kept += 1
        variable = f"{name}{self._kept}"
        self.statements.append(f"{variable} = {value}")
        return variable

    def function(self, name: str, result: str, depth: str = "depth: int") -> str:
        body = indent("\n".join(["", *self.statements, f"return {result}"]))
        return f"def {name}(r: Draw, now: int, {depth}) -> Any:{body}\n"


class Fresh(Scope):
    """For an expression that is evaluated several times: each choice is a draw of its own."""

    def _bits(self, count: int) -> str:
        return "r()"


def indent(text: str) -> str:
    return text.replace("\n", "\n    ")
