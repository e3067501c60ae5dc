"""The vector fields, listed once. Declared without torch; `module()` imports it."""

from nodeviz.fields.formula import FormulaField
from nodeviz.fields.mlp import MLPField

FIELDS = (MLPField, FormulaField)
Field = MLPField | FormulaField
