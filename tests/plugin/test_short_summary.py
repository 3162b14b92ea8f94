"""pytest's own summary at the end, which it leaves at full length on a CI machine."""

from __future__ import annotations

import pytest
from projects import Project, case


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_failing_case_is_one_line_on_ci(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("CI", "true")
    project.suite(case("one", says="coffee"))
    output = project.run(workers)
    output.stdout.fnmatch_lines(["  Bo: I drink tea.", "FAILED *one[[]base] - 0 of 1 trials*"])
    assert output.stdout.str().count("Bo: I drink tea.") == 1
