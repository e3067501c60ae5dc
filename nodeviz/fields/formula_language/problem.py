"""What is wrong with a formula, and where."""


class FormulaError(ValueError):
    """A formula that cannot be read: `column` (from 1) is where, `sentence` what was found and what to write."""

    def __init__(self, column: int, sentence: str) -> None:
        super().__init__(f"column {column}: {sentence}")
        self.column = column
        self.sentence = sentence
