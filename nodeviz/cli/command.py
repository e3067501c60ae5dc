"""What a command of the command line is, and how its user's mistakes are told."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

SUCCESS, FAILURE, MISUSE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: done; begun but not done; not begun, because the options are wrong; Ctrl+C."""

TEXT = "TEXT"
"""What stands in the help for the value of an option that takes any text."""


class Misuse(ValueError):  # noqa: N818 (what the user did, not what failed)
    """The user asked for what cannot be: a sentence that says what was expected, what came and what to do."""


@contextmanager
def told_as_misuse() -> Iterator[None]:
    """Within, a `ValueError` is a mistake of the user's, and leaves as one: `Misuse`, with the same sentence."""
    try:
        yield
    except ValueError as error:
        raise Misuse(str(error)) from error


class Command(NamedTuple):
    """One word after `nodeviz`: its name, a line of help, its options, and what it does; returns the exit status."""

    name: str
    help: str
    description: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `Misuse` with a sentence, and guesses what a mistyped option meant."""

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint as a sentence of ours."""
        text = message.removeprefix("argument ")
        raise Misuse(f"{text[0].upper()}{text[1:].rstrip('.')}. See `{self.prog} --help`.")

    def parse_all(self, arguments: list[str]) -> argparse.Namespace:
        """The options in `arguments`. Raises `Misuse` naming the first that is unknown."""
        parsed, unknown = self.parse_known_args(self._joined(arguments))
        if unknown:
            word = unknown[0].partition("=")[0]
            meant = did_you_mean(word, self._option_string_actions)
            raise Misuse(f"There is no option {word}{meant}. See `{self.prog} --help`.")
        return parsed

    def _joined(self, arguments: list[str]) -> list[str]:
        """`--dx -y` as `--dx=-y`: a text may begin with a minus, which argparse takes for another option."""
        joined: list[str] = []
        for word in arguments:
            before = self._option_string_actions.get(joined[-1]) if joined else None
            is_text = before is not None and before.metavar == TEXT
            if is_text and word[:1] == "-" and word[:2] != "--" and word not in self._option_string_actions:
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        return joined


def count(text: str) -> int:
    """The type of an option that counts something: a whole number of at least 1."""
    if not (text.isascii() and text.isdecimal()) or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is needed; got {text!r}")
    return int(text)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The nearest of `names` in brackets, to stand behind the word, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(names), 1)
    return f" (did you mean {near[0]}?)" if near else ""
