"""The vector fields, listed once. Declared without torch; `module()` imports it."""

from nodeviz.fields.formula import FormulaField
from nodeviz.fields.gradient import GradientField
from nodeviz.fields.linear import LinearField
from nodeviz.fields.mlp import MLPField

FIELDS = (MLPField, GradientField, LinearField, FormulaField)
Field = MLPField | GradientField | LinearField | FormulaField
