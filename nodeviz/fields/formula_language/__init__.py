"""The language of typed fields: text -> tree -> a numpy function, a torch function, or torch source. Never eval."""

from nodeviz.fields.formula_language.functions import CONSTANTS, FUNCTIONS, VARIABLES, Function
from nodeviz.fields.formula_language.names import check_parameter_name, names_in, undeclared
from nodeviz.fields.formula_language.parse import MAX_DEPTH, MAX_LENGTH, MAX_NODES, parse
from nodeviz.fields.formula_language.problem import FormulaError
from nodeviz.fields.formula_language.tree import Condition, Value

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_NODES",
    "VARIABLES",
    "Condition",
    "FormulaError",
    "Function",
    "Value",
    "check_parameter_name",
    "names_in",
    "parse",
    "undeclared",
]
