"""``-n 2`` of pytest-xdist: whole files go to a worker, and nothing is generated twice."""

from __future__ import annotations

from projects import CRASHES, Project, case


def many(project: Project) -> list[str]:
    """Cases in three files; their names."""
    names = [f"case-{number}" for number in range(12)]
    for number in range(3):
        mine = [case(name) for name in names[number::3]]
        project.suite(*mine, name=f"suite-{number}.suite.yaml")
    return names


def test_all_run_once_and_are_all_reported(project: Project) -> None:
    names = many(project)
    project.adapter("ned")
    result = project.run_alone("-n2", "--persona-adapter=ned", "-v")
    result.assert_outcomes(passed=24)
    result.stdout.fnmatch_lines(
        [
            "Bo · adapters base, ned · scripted (scripted) · 24 replies in *, 0 of 24 replies *",
            "adapter base",
            "all*12*12*100%*",
            "adapter ned",
            "all*12*12*100%*",
            "gate PASS: 12 of 12 cases passed",
        ]
    )
    assert sorted(project.asked()) == sorted(f"{name}/0/0/0" for name in names * 2)
    workers = {
        line.split("] ")[2].split("::")[0]: line.split("]")[0]
        for line in result.outlines
        if " PASSED " in line
    }
    assert len(workers) == 3


def test_a_crash_on_a_worker_gives_7(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea"), case("hm", extra="expect: [crashes]"))
    result = project.run_alone("-n2")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 7
    result.stdout.fnmatch_lines(["gate ERROR: 1 case could not be judged"])


def test_stopped_by_a_failure_is_a_failure_and_no_interruption(project: Project) -> None:
    project.suite(case("hm", "Why?"), *(case(f"case-{number}") for number in range(9)))
    alone, worked = project.run_alone("-x"), project.run_alone("-n1", "-x")
    assert (alone.ret, worked.ret) == (1, 1)
    worked.stdout.fnmatch_lines(["gate FAIL*", "FAILED *::hm[[]base[]]*"])


def test_auto_means_one_worker_for_suites(project: Project) -> None:
    many(project)
    result = project.run_alone("-nauto")
    result.assert_outcomes(passed=12)
    result.stdout.fnmatch_lines(["1 worker [[]12 items[]]"])
