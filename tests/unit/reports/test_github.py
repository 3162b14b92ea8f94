"""Links to a run of GitHub Actions."""

from __future__ import annotations

import pytest

from persona_eval.reports.github import ActionsRun, actions_run

ENVIRONMENT = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "some-body/a.dog",
    "GITHUB_RUN_ID": "77",
}


def test_the_run_and_its_commits() -> None:
    run = actions_run(ENVIRONMENT)
    assert run is not None
    assert run.url == "https://github.com/some-body/a.dog/actions/runs/77"
    assert run.commit_url("0123abc") == "https://github.com/some-body/a.dog/commit/0123abc"
    assert run.commit_url("main) [x](y") is None


def test_a_server_of_ones_own() -> None:
    run = actions_run({**ENVIRONMENT, "GITHUB_SERVER_URL": "https://git.here.example:8443"})
    assert run == ActionsRun("https://git.here.example:8443/some-body/a.dog", "77")


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", ["", "x) [y](z", "a\n", "javascript:1"])
def test_what_is_no_such_thing_makes_no_link(name: str, value: str) -> None:
    assert actions_run({**ENVIRONMENT, name: value}) is None


def test_elsewhere_there_is_no_run() -> None:
    assert actions_run({}) is None
