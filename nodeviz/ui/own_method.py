"""The command that makes a user's own Butcher tableau, from a file, the method."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtWidgets import QFileDialog

from nodeviz.assets_path import assets
from nodeviz.tasks.solving import OWN
from nodeviz.tasks.tableau import method_of, tableau_in
from nodeviz.ui.announcements import Notice
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

KEY = "tableau"
TABLEAUS = "Butcher tableaus (*.json)"


def use_tableau(place: Workplace) -> None:
    """Ask for a file and integrate with the tableau in it, as one step of undo; what is wrong with it is a notice.

    The dialog opens at a few examples, to be used or copied.
    """
    examples = str(assets() / "tableaus")
    name, _ = QFileDialog.getOpenFileName(place.window, "Use a Butcher tableau", examples, TABLEAUS)
    if not name:
        return
    try:
        tableau = tableau_in(Path(name))
    except ValueError as error:
        place.desk.announcements.notice(Notice(KEY, str(error), "Correct the file, or choose another."))
        return
    place.desk.announcements.settle(KEY)
    store = place.desk.store
    if store.edit("solver", replace(store.experiment.solver, method=OWN, tableau=tableau)):
        order = method_of(tableau).order
        place.desk.announcements.say(f"{tableau.label} is the method now: order {order}, as its coefficients prove.")


USE_TABLEAU = Command(
    "use tableau",
    "Use a Butcher tableau…",
    "Run",
    use_tableau,
    help="Integrate with a Runge-Kutta method of your own, whose coefficients are in a JSON file.",
    apart=True,
)
