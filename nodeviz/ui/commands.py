"""The commands of the window, listed once: menus, shortcuts and the palette come from here."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from nodeviz.ui import choosing, exporting, filing, theme
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace
from nodeviz.ui.magnifying import MAGNIFYING
from nodeviz.ui.own_method import USE_TABLEAU
from nodeviz.ui.view_commands import VIEW_SWITCHES

MENUS = ("File", "Edit", "Run", "View", "Help")


def _train_title(place: Workplace) -> str:
    link = place.desk.link
    if link.trainer.state == "lost":
        return "Restart and train"
    return "Pause" if link.wanted else "Train"


def _trainer_lives(place: Workplace) -> bool:
    return place.desk.link.trainer.state != "lost"


def _switch_theme(place: Workplace) -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        other: theme.Choice = "light" if theme.current().name == "dark" else "dark"
        theme.apply(app, other)
        place.window.remember_taste()


def _follow_system(place: Workplace) -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply(app, "system")
        place.window.remember_taste()


def _toggle_full_screen(place: Workplace) -> None:
    (place.window.showNormal if place.window.isFullScreen() else place.window.showFullScreen)()


def _reset_view(place: Workplace) -> None:
    place.window.plane.reset_view()


def _clear_starts(place: Workplace) -> None:
    place.desk.store.edit("view.starts", ())


def _has_starts(place: Workplace) -> bool:
    return bool(place.desk.store.experiment.view.starts)


def _restart(role: str) -> Command:
    def run(place: Workplace) -> None:
        place.desk.link.restart("trainer" if role == "trainer" else "inspector")
        place.desk.announcements.settle(role)

    def lost(place: Workplace) -> bool:
        worker = place.desk.link.trainer if role == "trainer" else place.desk.link.inspector
        return worker.state == "lost"

    return Command(f"restart {role}", f"Restart the {role}", "Run", run, enabled=lost)


def _panel(number: int, title: str) -> Command:
    def run(place: Workplace) -> None:
        place.window.focus_region(number - 1)

    return Command(
        f"region {number}",
        f"Go to {title}",
        "View",
        run,
        (str(number),),
        f"Move the keyboard to {title}.",
        apart=number == 1,
    )


REGIONS = ("problem", "field", "training", "phase plane", "solver", "cost", "loss", "evaluations", "trade-off")

_RUN = (
    Command(
        "train",
        "Train",
        "Run",
        lambda place: place.desk.link.toggle(),
        ("Space",),
        "Train, or pause training.",
        title_now=_train_title,
    ),
    Command(
        "step",
        "Step",
        "Run",
        lambda place: place.desk.link.take_step(),
        ("S",),
        "Take one training step.",
        _trainer_lives,
    ),
    Command(
        "reset",
        "Reset",
        "Run",
        lambda place: place.desk.link.reset(),
        ("R",),
        "Back to step 0 and the initial weights of the seed.",
    ),
    _restart("trainer"),
    _restart("inspector"),
    USE_TABLEAU,
)

_EDIT = (
    Command(
        "undo",
        "Undo",
        "Edit",
        lambda place: place.desk.store.undo(),
        ("Ctrl+Z",),
        "Undo the last change of a setting.",
        lambda place: place.desk.store.can_undo,
    ),
    Command(
        "redo",
        "Redo",
        "Edit",
        lambda place: place.desk.store.redo(),
        ("Ctrl+Y", "Ctrl+Shift+Z"),
        "Do again what was undone.",
        lambda place: place.desk.store.can_redo,
    ),
    Command(
        "copy picture",
        "Copy picture",
        "Edit",
        exporting.copy_picture,
        ("Ctrl+Shift+C",),
        "Put the phase plane on the clipboard as a picture.",
        apart=True,
    ),
    Command(
        "clear starts",
        "Clear starts",
        "Edit",
        _clear_starts,
        help="Remove every start you placed in the phase plane.",
        enabled=_has_starts,
    ),
    Command(
        "palette",
        "Command palette",
        "Edit",
        lambda place: place.window.show_palette(),
        ("Ctrl+K",),
        "Find any command by a few letters of its name.",
    ),
)

_VIEW = (
    *VIEW_SWITCHES,
    Command("reset view", "Reset view", "View", _reset_view, ("Home",), "Show the whole extent again."),
    Command(
        "show all",
        "Show all",
        "View",
        lambda place: place.window.plane.show_all(),
        ("F",),
        "Zoom out to wherever points and trajectories have gone.",
    ),
    Command(
        "theme",
        "Switch between dark and light",
        "View",
        _switch_theme,
        ("Ctrl+T",),
        "Draw the window dark, or light.",
        apart=True,
    ),
    Command(
        "system theme",
        "Follow the system's theme",
        "View",
        _follow_system,
        help="Draw the window dark or light as the system does.",
    ),
    Command(
        "full screen",
        "Full screen",
        "View",
        _toggle_full_screen,
        ("F11",),
        "Fill the screen, or stop filling it.",
        checked=lambda place: place.window.isFullScreen(),
    ),
    *MAGNIFYING,
    *(_panel(number, title) for number, title in enumerate(REGIONS, start=1)),
)

_HELP = (
    Command("help", "Help", "Help", lambda place: place.window.show_help(), ("F1",), "What is where, and the keys."),
)

COMMANDS: tuple[Command, ...] = (
    *filing.COMMANDS,
    *exporting.COMMANDS,
    filing.QUIT,
    *_EDIT,
    *_RUN,
    *_VIEW,
    *_HELP,
    *choosing.COMMANDS,
)
