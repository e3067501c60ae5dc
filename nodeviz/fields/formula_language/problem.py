"""What is wrong with a formula, and where."""

from __future__ import annotations


class FormulaError(ValueError):
    """A formula that cannot be read: `column` (from 1) is where, `sentence` what was found and what to write.

    `formula` says which of several it is, when that is known.
    """

    def __init__(self, column: int, sentence: str, formula: str = "") -> None:
        place = f"{formula}, column {column}" if formula else f"column {column}"
        super().__init__(f"{place}: {sentence}")
        self.column = column
        self.sentence = sentence
        self.formula = formula

    def of(self, formula: str) -> FormulaError:
        """The same, saying which formula it is about."""
        return FormulaError(self.column, self.sentence, formula)
