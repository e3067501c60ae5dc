"""`nodeviz methods`: which schemes there are to integrate with, and what a scheme of one's own really is."""

from __future__ import annotations

import argparse
from pathlib import Path

from nodeviz.cli.command import FAILURE, SUCCESS, Command
from nodeviz.cli.tableau_file import method_in, table
from solver.methods import METHODS


def _run(options: argparse.Namespace) -> int:
    return _list() if options.tableau is None else _certify(options.tableau)


def _list() -> int:
    width = max(len(method.name) for method in METHODS)
    print(f"{'name':{width}}  order  steps     what it is")
    for method in METHODS:
        steps = "adaptive" if method.adaptive else "fixed"
        print(f"{method.name:{width}}  {method.order:5}  {steps:8}  {method.label}. {method.sentence}")
    return SUCCESS


def _certify(path: Path) -> int:
    """Print the tableau and its certificate; a failure where it does not keep what it claims."""
    method = method_in(path)
    print(table(method), end="\n\n", flush=True)
    from solver.certifying.certificate import certify  # which imports torch, only now that the file is known to be good

    certificate = certify(method)
    print(certificate)
    return SUCCESS if certificate.holds else FAILURE


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tableau",
        type=Path,
        metavar="FILE",
        help="check and certify a Butcher tableau in a JSON file: a, b and, if you like, c, b_low, order, name, label",
    )


METHODS_COMMAND = Command(
    name="methods",
    help="list the methods of integration, or certify one of your own",
    description="List the methods that --method takes, from coarse to fine, or certify a Butcher tableau of your own.",
    add_options=_add_options,
    run=_run,
)
