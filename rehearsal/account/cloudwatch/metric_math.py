"""Metric math: expressions over metrics and other expressions, point by point.

Operators, functions and what a missing point makes of them:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (read November 2026). Played: the
operators, IF, FILL with a number or REPEAT, MIN, MAX, SUM, AVG, ABS, CEIL, FLOOR and METRICS.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NoReturn

Series = Sequence[float | None]
"""One value for each period, oldest first; None where there is none."""
_Value = float | list[float | None]
_Operand = _Value | list["_Value"] | str

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<operator>&&|\|\||[<>=!]=|[-+*/^(),<>\[\]]))"
)
_MAX_DEPTH = 50
_REPEAT = "REPEAT"


class MathError(ValueError):
    """An expression that cannot be evaluated; the message says why."""


def evaluate(expression: str, known: Mapping[str, Series], length: int) -> list[float | None]:
    """Return what `expression` makes of the series that are `known` by id, each of `length`.

    Raises:
        MathError: it is no expression, or names what is not known.
    """
    return _as_series(_Evaluation(expression, known, length).result(), length)


def names_in(expression: str) -> set[str]:
    """Return what an expression refers to, functions among it."""
    return {match["name"] for match in _TOKEN.finditer(expression) if match["name"]}


@dataclass
class _Token:
    kind: str
    text: str


class _Evaluation:
    def __init__(self, expression: str, known: Mapping[str, Series], length: int) -> None:
        self._expression = expression
        self._known = known
        self._length = length
        self._tokens = self._tokenized()
        self._next = 0
        self._depth = 0

    def result(self) -> _Value:
        found = self._either()
        if self._next < len(self._tokens):
            self._fail(f"unexpected {self._tokens[self._next].text}")
        return self._single(found)

    def _tokenized(self) -> list[_Token]:
        tokens: list[_Token] = []
        text = self._expression.rstrip()
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                self._fail(f"unexpected {text[position:].lstrip()[0]}")
            tokens.append(_Token(str(match.lastgroup), match[str(match.lastgroup)]))
            position = match.end()
        return tokens

    def _either(self) -> _Operand:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("too deep")
        found = self._left_to_right(self._both, {"||", "OR"})
        self._depth -= 1
        return found

    def _both(self) -> _Operand:
        return self._left_to_right(self._compared, {"&&", "AND"})

    def _compared(self) -> _Operand:
        return self._left_to_right(self._sum, {"<", ">", "<=", ">=", "==", "!="})

    def _sum(self) -> _Operand:
        return self._left_to_right(self._product, {"+", "-"})

    def _product(self) -> _Operand:
        return self._left_to_right(self._signed, {"*", "/"})

    def _signed(self) -> _Operand:
        if self._accept("-"):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                self._fail("too deep")
            negated = self.by_point(lambda value: -value, self._signed())
            self._depth -= 1
            return negated
        base = self._atom()
        if self._accept("^"):
            return self.by_point(_power, base, self._signed())
        return base

    def _left_to_right(self, operand: Callable[[], _Operand], operators: set[str]) -> _Operand:
        found = operand()
        while self._next < len(self._tokens) and self._tokens[self._next].text in operators:
            operator = self._tokens[self._next].text
            self._next += 1
            found = self.by_point(_OPERATORS[operator], found, operand())
        return found

    def _atom(self) -> _Operand:
        if self._next >= len(self._tokens):
            self._fail("something is missing at the end")
        token = self._tokens[self._next]
        self._next += 1
        match token:
            case _Token("number"):
                found: _Operand = float(token.text)
            case _Token("text"):
                found = token.text[1:-1]
            case _Token("name"):
                found = self._named(token.text)
            case _Token(text="("):
                found = self._either()
                self._expect(")")
            case _Token(text="["):
                found = [self._single(each) for each in self._list_until("]")]
            case _:
                self._fail(f"unexpected {token.text}")
        return found

    def _named(self, name: str) -> _Operand:
        if self._accept("("):
            return self._called(name, self._list_until(")"))
        if name in self._known:
            return list(self._known[name])
        if name != _REPEAT:
            self._fail(f"nothing is {name}")
        return name

    def _list_until(self, end: str) -> list[_Operand]:
        found: list[_Operand] = []
        if self._accept(end):
            return found
        while True:
            found.append(self._either())
            if self._accept(end):
                return found
            self._expect(",")

    def _called(self, name: str, arguments: list[_Operand]) -> _Operand:
        function = _FUNCTIONS.get((name, len(arguments)))
        if function is None:
            self._fail(f"the local account does not play {name} with {len(arguments)} arguments")
        return function(self, arguments)

    def metrics(self, part: _Operand = "") -> _Operand:
        """METRICS: all that is known, or those whose id contains a text."""
        return [list(each) for name, each in self._known.items() if str(part) in name]

    def chosen(
        self, condition: _Operand, then: _Operand, otherwise: _Operand | None = None
    ) -> _Value:
        """IF: nothing where the condition does not hold and there is nothing else to take."""
        no = self._nothing() if otherwise is None else self._series(otherwise)
        return [
            None if is_so is None else (yes if is_so else other)
            for is_so, yes, other in zip(
                self._series(condition), self._series(then), no, strict=True
            )
        ]

    def filled(self, operand: _Operand, filler: _Operand) -> _Value:
        """FILL: a value for every point that is missing."""
        series = self._series(operand)
        if filler == _REPEAT:
            last: float | None = None
            repeated: list[float | None] = []
            for value in series:
                last = last if value is None else value
                repeated.append(last)
            return repeated
        fill = self._series(filler)
        return [
            other if value is None else value for value, other in zip(series, fill, strict=True)
        ]

    def aggregated(self, aggregate: Callable[[list[float]], float], value: _Operand) -> _Value:
        """Over time for one series, which makes a number; point by point for several."""
        if isinstance(value, list) and value and isinstance(value[0], list):
            columns = zip(*(self._series(each) for each in value if each is not None), strict=True)
            return [
                aggregate(present) if (present := [v for v in column if v is not None]) else None
                for column in columns
            ]
        present = [v for v in self._series(value) if v is not None]
        return aggregate(present) if present else self._nothing()

    def by_point(self, work: Callable[..., float | None], *operands: _Operand) -> _Value:
        """Do `work` on each point that none of the operands misses."""
        singles = [self._single(operand) for operand in operands]
        if not any(isinstance(each, list) for each in singles):
            made = work(*singles)
            return self._nothing() if made is None else made
        columns = zip(*(_as_series(each, self._length) for each in singles), strict=True)
        return [None if None in column else work(*column) for column in columns]

    def _nothing(self) -> list[float | None]:
        return [None] * self._length

    def _single(self, operand: _Operand) -> _Value:
        if isinstance(operand, str):
            self._fail(f"{operand} is no metric")
        if isinstance(operand, list):
            if self._length and not operand:
                self._fail("there is no metric in a list")
            if any(isinstance(each, list) for each in operand):
                self._fail("a list of metrics needs a function such as SUM")
            return [each for each in operand if not isinstance(each, list)]
        return operand

    def _series(self, operand: _Operand) -> list[float | None]:
        return _as_series(self._single(operand), self._length)

    def _accept(self, text: str) -> bool:
        is_next = self._next < len(self._tokens) and self._tokens[self._next].text == text
        self._next += is_next
        return is_next

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            self._fail(f"{text} is missing")

    def _fail(self, why: str) -> NoReturn:
        raise MathError(f"The expression {self._expression!r} cannot be evaluated: {why}.")


def _as_series(value: _Value, length: int) -> list[float | None]:
    return value if isinstance(value, list) else [value] * length


def _power(base: float, exponent: float) -> float | None:
    try:
        made = base**exponent
    except (OverflowError, ZeroDivisionError):
        return None
    return made if isinstance(made, float) and math.isfinite(made) else None


_OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
}
_FUNCTIONS: dict[tuple[str, int], Callable[[_Evaluation, list[_Operand]], _Operand]] = {
    ("IF", 2): lambda evaluation, given: evaluation.chosen(*given),
    ("IF", 3): lambda evaluation, given: evaluation.chosen(*given),
    ("FILL", 2): lambda evaluation, given: evaluation.filled(*given),
    ("METRICS", 0): lambda evaluation, _given: evaluation.metrics(),
    ("METRICS", 1): lambda evaluation, given: evaluation.metrics(*given),
    ("ABS", 1): lambda evaluation, given: evaluation.by_point(math.fabs, *given),
    ("CEIL", 1): lambda evaluation, given: evaluation.by_point(math.ceil, *given),
    ("FLOOR", 1): lambda evaluation, given: evaluation.by_point(math.floor, *given),
    ("SUM", 1): lambda evaluation, given: evaluation.aggregated(math.fsum, *given),
    ("AVG", 1): lambda evaluation, given: evaluation.aggregated(fmean, *given),
    ("MIN", 1): lambda evaluation, given: evaluation.aggregated(min, *given),
    ("MAX", 1): lambda evaluation, given: evaluation.aggregated(max, *given),
}
