"""`nodeviz methods`: which schemes there are to integrate with."""

from __future__ import annotations

import argparse

from nodeviz.cli.command import SUCCESS, Command
from solver.methods import METHODS


def _run(options: argparse.Namespace) -> int:
    width = max(len(method.name) for method in METHODS)
    print(f"{'name':{width}}  order  steps     what it is")
    for method in METHODS:
        steps = "adaptive" if method.adaptive else "fixed"
        print(f"{method.name:{width}}  {method.order:5}  {steps:8}  {method.label}. {method.sentence}")
    return SUCCESS


def _add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""


METHODS_COMMAND = Command(
    name="methods",
    help="list the methods of integration",
    description="List the methods that --method takes, from coarse to fine.",
    add_options=_add_options,
    run=_run,
)
