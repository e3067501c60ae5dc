"""Which classifiers compete with an experiment's ODE-Net: on the same data, with about as many parameters."""

from __future__ import annotations

from msgspec.structs import replace

from nodeviz.analysis.classifiers.classifier import Classifier
from nodeviz.analysis.classifiers.ode_net import OdeNet
from nodeviz.analysis.classifiers.resnet import ResNet, Shape, drawn_resnet, widths_for
from nodeviz.experiment import Experiment
from nodeviz.fields import Field
from nodeviz.fields.layout import size_of
from nodeviz.settings import settings_of
from nodeviz.tasks.classify import as_classify

BLOCKS = 6
"""Of the ResNet where no number of layers is looked at: as many as in the paper's (Chen et al., 2018, table 1)."""
ADJOINT, THROUGH = "backsolve", "direct"


def compared_classifiers(experiment: Experiment) -> tuple[Classifier, ...]:
    """The experiment's flow by the adjoint, through the solver and in its own way; a ResNet; a flow of another dim."""
    found: list[Classifier] = [
        OdeNet("ODE-Net, adjoint", experiment, ADJOINT),
        OdeNet("RK-Net, through the solver", experiment, THROUGH),
    ]
    own = experiment.solver.gradient_used
    if own not in (ADJOINT, THROUGH):
        found.append(OdeNet(f"ODE-Net, {own}", experiment, own))
    found.append(_resnet(experiment))
    other = _of_another_dimension(experiment.field)
    if other is not None:
        found.append(OdeNet(_dimensions(other), replace(experiment, field=other), own))
    return tuple(found)


def _resnet(experiment: Experiment) -> ResNet:
    field = experiment.field
    widths = widths_for(size_of(field.layout()), field.dim, experiment.view.layers or BLOCKS)
    rows = as_classify(experiment.task).logits(experiment.dataset)
    name = f"ResNet of {len(widths)} {'block' if len(widths) == 1 else 'blocks'}"
    return drawn_resnet(name, Shape(widths, field.dim, rows), experiment.training.seed)


def _of_another_dimension(field: Field) -> Field | None:
    """`field` in the plane alone where it is augmented, else with one dimension more; of the nearest size in weights.

    None where its kind cannot be augmented.
    """
    if not {"augmented", "width"} <= {setting.name for setting in settings_of(type(field))}:
        return None
    other = replace(field, augmented=0 if field.augmented else 1)
    budget = size_of(field.layout())
    width = next(setting for setting in settings_of(type(field)) if setting.name == "width")
    candidates = (replace(other, width=units) for units in range(int(width.low or 1), int(width.high or 1) + 1))
    return min(candidates, key=lambda one: abs(size_of(one.layout()) - budget))


def _dimensions(field: Field) -> str:
    return f"ODE-Net, augmented by {field.augmented}" if field.augmented else "ODE-Net, in the plane"
