"""The studies, listed once. Torch is imported only when one runs."""

from nodeviz.analysis.studies.classifiers import CLASSIFIERS
from nodeviz.analysis.studies.depth import DEPTH
from nodeviz.analysis.studies.flows import FLOWS
from nodeviz.analysis.studies.traces import TRACES
from nodeviz.analysis.study import Study

STUDIES: tuple[Study, ...] = (DEPTH, CLASSIFIERS, FLOWS, TRACES)


def study_named(name: str) -> Study:
    """The study of that name. Raises `ValueError` listing those there are."""
    for study in STUDIES:
        if study.name == name:
            return study
    known = ", ".join(study.name for study in STUDIES) or "none yet"
    raise ValueError(f"There is no study {name!r}; there are: {known}.")
