"""Two sides as a comparison, which knows what one of them only did not run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from persona_eval.compare import Comparison
from persona_eval.sides import Project, Side


def compared(project: Project, before: Side, after: Side) -> Comparison:
    """The sides, paired by case. A case that the newer one lacks was removed where no suite asks it
    any more; one that the older one lacks is new where that side had all cases of its day. What
    else one of them lacks, it did not run."""
    names = (before.name, after.name)
    unrun = frozenset(_unrun(project, before, after))
    return Comparison.of(before.standings, after.standings, names, unrun)


def _unrun(project: Project, before: Side, after: Side) -> Iterator[str]:
    folders = {folder.name: folder for folder in project.folders()}
    gone = before.standings.keys() - after.standings.keys()
    yield from (key for key in gone if _holds(project, folders, key))
    if before.run and not before.run.whole:
        yield from after.standings.keys() - before.standings.keys()


def _holds(project: Project, folders: dict[str, Path], key: str) -> bool:
    """Whether a suite of today asks this."""
    place, _, case_id = key.partition("::")
    folder, _, file = place.partition("/")
    suite = project.suite(place, str(folders[folder] / file)) if folder in folders else None
    return suite is not None and any(c.id == case_id and not c.skip for c in suite.cases)
