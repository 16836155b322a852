"""The Python that has what Debian does not package: what `requirements.txt` names.

Its environment is made when it is first needed, with pip, under `target`, which git ignores.
"""

import pathlib
import sys

from .shell import run

LAB = pathlib.Path(__file__).resolve().parent.parent
WANTED = LAB / "requirements.txt"
HOME = LAB.parent.parent / "target" / "lab-python"


def interpreter():
    """Its path."""
    made, kept = HOME / "bin" / "python", HOME / WANTED.name
    if not kept.exists() or kept.read_text() != WANTED.read_text():
        run(sys.executable, "-m", "venv", "--clear", HOME)
        run(made, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", WANTED,
            timeout=300)
        kept.write_text(WANTED.read_text())
    return made
