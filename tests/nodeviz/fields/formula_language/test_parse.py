"""Reading formulas: what is accepted, what is refused and how it is said."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodeviz.fields.formula_language import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_NODES,
    FormulaError,
    check_parameter_name,
    names_in,
    parse,
    undeclared,
)
from nodeviz.fields.formula_language.compile_numpy import compile_numpy

WORDS = [
    *["x", "y", "t", "a", "pi", "e", "_", "if", "else", "and", "or", "not", "in", "is", "lambda", "None", "True"],
    *["+", "-", "*", "/", "**", "^", "%", "//", "(", ")", ",", "<", "<=", "==", "!=", "=", ":=", "@", "."],
    *["0", "1", "2.5", "1e3", "1e999", "0x1", "007", "1j", "1_0", ".", "[", "]", "{", "}", "'", '"', "#", "\\", "\n"],
    *["__import__", "eval", "x.__class__", *FUNCTIONS],
]


def value_of(text: str, **names: float) -> float:
    return float(compile_numpy(parse(text))(names))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7.0),
        ("2^3^2", 512.0),
        ("-2^2", -4.0),
        ("2**-1", 0.5),
        ("--2", 2.0),
        ("+3", 3.0),
        ("7 % 4", 3.0),
        ("(1 + 2)*3", 9.0),
        ("1.5e2 + .5 + 2.", 152.5),
        ("007", 7.0),
        ("pi - 3.141592653589793", 0.0),
        ("e", 2.718281828459045),
        ("min(3, 1, 2) + max(1, 5)", 6.0),
        ("clip(7, 0, 2)", 2.0),
        ("heaviside(0) + heaviside(-1)", 1.0),
        ("atan2(1, 1)*4 - pi", 0.0),
        ("1 if 2 > 1 else 0", 1.0),
        ("1 if 2 < 1 else 5 if 1 == 1 else 6", 5.0),
        ("(2 > 1) + (1 >= 1)*10", 11.0),
        ("0 < 1 < 2", 1.0),
        ("0 < 3 < 2", 0.0),
        ("1 if not 1 > 2 and (1 < 0 or 1 != 2) else 0", 1.0),
        ("sin(0) + cos (0)", 1.0),
        ("x*y - t", 5.0),
    ],
)
def test_formulas_mean_what_they_mean_on_paper(text: str, value: float) -> None:
    assert value_of(text, x=2.0, y=3.0, t=1.0) == pytest.approx(value, abs=1e-14)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("2x", 2, r"write 2\*x"),
        ("x y", 3, r"write x\*y"),
        ("2(x + 1)", 2, "side by side"),
        ("(x)(y)", 4, "side by side"),
        ("x(y + 1)", 1, r"write x\*\("),
        ("sin x", 1, r"sin\(x\)"),
        ("1 + sin", 5, r"sin\(x\)"),
        ("sin^2(x)", 1, r"sin\(x\)"),
        ("foo(x)", 1, "no function 'foo'"),
        ("ln(x)", 1, r"write log\("),
        ("arctan(x)", 1, r"write atan\("),
        ("sinn(x)", 1, r"write sin\("),
        ("min(x)", 1, "min takes 2 to 8 values, separated by commas; got 1"),
        ("1 + sin(x, y)", 5, "sin takes 1 value, separated by commas; got 2"),
        ("sin()", 5, "value is missing"),
        ("min(x,,y)", 7, "value is missing"),
        ("x +", 3, "value is missing"),
        ("x + * y", 5, "value is missing before"),
        ("*x", 1, "value is missing before"),
        ("(x + 1", 1, "never closed"),
        ("x + 1)", 6, r"no \( before"),
        ("2,5*x", 2, "point, not a comma"),
        ("(x, y)", 3, "comma"),
        ("x = 1", 3, "write =="),
        ("x ** 2 // 3", 8, r"floor\(a/b\)"),
        ("x && y", 3, "write and"),
        ("x²", 2, r"\*\*2"),
        ("π*x", 1, "write pi"),
        ("x × y", 3, r"write \*"),
        ("x − y", 3, "hyphen"),
        ("x[0]", 2, "round parentheses"),
        ("x.real", 2, "digit beside its point"),
        ("'x'", 1, "quotes"),
        ("x\ny", 2, "not part of a formula"),
        ("lambda x", 1, "the words are if, else"),
        ("x in y", 3, "the words are if, else"),
        ("__import__", 1, "names start with a letter"),
        ("1e999", 1, "too large"),
        ("x if y > 0", 3, "come in pairs"),
        ("x if y else 1", 6, "a comparison such as x > 0"),
        ("not x", 5, "a comparison such as x > 0"),
        ("x not 3", 3, "between two values"),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH + 1, f"at most {MAX_LENGTH}"),
    ],
)
def test_a_slip_is_answered_with_its_column_and_what_to_write(text: str, column: int, said: str) -> None:
    with pytest.raises(FormulaError, match=said) as caught:
        parse(text)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "x" + " + x" * (MAX_NODES // 2),
        "(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1),
        "-" * (MAX_DEPTH + 1) + "x",
        "sin(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1),
        "x**" * (MAX_DEPTH + 1) + "x",
        "(" * 249 + "x" + ")" * 249,
        "-" * 499 + "x",
        "1<" * 240 + "1",
        "not " * 120 + "x > 0",
    ],
)
def test_a_formula_too_long_or_too_deep_is_refused(text: str) -> None:
    assert len(text) <= MAX_LENGTH
    with pytest.raises(FormulaError, match="deeper|more than"):
        parse(text)


def test_what_fits_the_limits_is_read() -> None:
    assert value_of("x" + "+x" * (MAX_DEPTH - 1), x=1.0) == MAX_DEPTH
    assert value_of("(" * 38 + "x" + ")" * 38, x=4.0) == 4.0


@pytest.mark.parametrize("text", ["9**9**9**9", "9^9^9^9^9", "(9**9)**(9**9)", "99999999**99999999*0"])
def test_towers_of_powers_neither_hang_nor_grow(text: str) -> None:
    began = time.perf_counter()
    value_of(text)
    assert time.perf_counter() - began < 0.5


@settings(max_examples=500, deadline=None)
@given(text=st.text(max_size=MAX_LENGTH + 5) | st.text("xyt012.+-*/^()<>=,! ifelsandorti", max_size=60))
@example("\x00")
@example("x\ud800")
@example("1_000")
@example("ｘ")
def test_any_text_is_read_or_refused_as_a_formula(text: str) -> None:
    read_or_refuse(text)


@settings(max_examples=500, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=30), between=st.sampled_from(["", " "]))
def test_any_row_of_words_is_read_or_refused_as_a_formula(words: list[str], between: str) -> None:
    read_or_refuse(between.join(words))


def read_or_refuse(text: str) -> None:
    try:
        tree = parse(text)
    except FormulaError as error:
        assert 1 <= error.column <= max(1, len(text))
    else:
        compile_numpy(tree)({name.name: 0.5 for name in names_in(tree)})


def test_names_that_need_a_parameter_come_once_and_in_reading_order() -> None:
    assert undeclared("b*x + a*y", "b*sin(t) + c*pi + e", ()) == ("b", "a", "c")
    assert undeclared("b*x + a*y", "c", ("a", "c")) == ("b",)
    assert undeclared("x", "y", ()) == ()


@pytest.mark.parametrize("name", ["x", "t", "pi", "e", "sin", "if", "lambda", "2a", "", "_a", "a b", "é", "a" * 33])
def test_names_a_parameter_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name|means something"):
        check_parameter_name(name)


@pytest.mark.parametrize("name", ["a", "k_1", "train", "forward", "theta", "keys"])
def test_any_other_name_will_do(name: str) -> None:
    check_parameter_name(name)
