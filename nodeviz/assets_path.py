"""Where the assets are: icons and ready-made experiments, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def assets() -> Path:
    """The assets' folder: inside the package when installed from a wheel, beside it in a checkout.

    Raises `FileNotFoundError` when the installation is not whole.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "assets", package.parent / "assets"):
        if (folder / "icon.svg").is_file():
            return folder
    raise FileNotFoundError(f"The assets are neither in {package} nor beside it; install nodeviz again.")


def ready_made() -> dict[str, Path]:
    """The ready-made experiments by name, in the order of their names."""
    found = (assets() / "experiments").glob("*.json")
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}
