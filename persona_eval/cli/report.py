"""Write a stored run as one HTML file, by today's rules: the verdict and what changed, rates by
category, the trend over the runs, and every case with its conversation, its trials, what was
expected of them, and the replies of the baseline beside them. The file asks for nothing from the
network."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.cli import project
from persona_eval.errors import PersonaEvalError
from persona_eval.reports.html.content import NOTHING, gather
from persona_eval.reports.html.page import write_page
from persona_eval.sides import BASELINE

FILE = "persona-eval-report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "reference", nargs="?", default="last", metavar="RUN",
        help="number of a run, or `last` (the default); 12:base shows one of its adapters",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(FILE), metavar="FILE", help=f"where to ({FILE})"
    )
    parser.add_argument(
        "--against", default=BASELINE, metavar="SIDE",
        help=f"what it is compared with: a run, `{BASELINE}` (the default) or `{NOTHING}`",
    )  # fmt: skip
    parser.add_argument(
        "--last", type=project.at_least_one, default=20, metavar="N",
        help="how many runs the trend looks back on (20)",
    )  # fmt: skip
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page. Raises PersonaEvalError where there is no such run, or no such place."""
    path: Path = options.output
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise PersonaEvalError(f"--output {path}: this is no file in a folder that exists")
    with project.opened(options) as found:
        reference = found.reference(options.reference)
        if reference.run is None:
            raise PersonaEvalError("name a run: persona-eval runs lists them")
        wanted = reference.run.adapters if ":" not in options.reference else [reference.adapter]
        write_page(gather(found, reference.run, wanted, options.against, options.last), path)
    print(f"{path}: run {reference.run.number}")
    return 0
