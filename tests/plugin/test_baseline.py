"""What was accepted, and what a run is beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from projects import HEAD, Project, case, says

from persona_eval.cli import main
from persona_eval.fingerprint import digest_text

THREE = HEAD.replace("trials: 1", "trials: 3")
TEA, CUP, POT = case("tea"), case("cup"), case("pot")


@pytest.fixture
def accepted(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three cases, of which the last fails, as a baseline. Replies are generated anew each time."""
    monkeypatch.chdir(project.folder)
    project.suite(TEA, CUP, POT, head=THREE)
    says(project, tea="+++", cup="+++", pot="---")
    project.run()
    assert main(["accept"]) == 0
    return project


def run(project: Project, *arguments: str, **cases: str) -> pytest.RunResult:
    says(project, **{"tea": "+++", "cup": "+++", "pot": "---", **cases})
    return project.run("--persona-fresh", *arguments)


def test_what_failed_then_is_a_known_failure_and_passes_the_gate(accepted: Project) -> None:
    result = run(accepted)
    result.assert_outcomes(passed=2, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "category*vs baseline",
            "in_character*±0",
            "against the baseline of ????-??-?? (base)",
            "known     1 failed before and fail still",
            "gate PASS: 2 of 3 cases passed, 1 × known failure",
        ]
    )


def test_a_case_that_fails_in_six_trials_is_broken(accepted: Project) -> None:
    result = run(accepted, cup="---")
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    assert result.ret == 1
    assert [key for key in accepted.asked() if key.startswith("cup/5")], "three more were drawn"
    result.stdout.fnmatch_lines(
        [
            "0 of 3 trials passed*confirmed broken: it passed in the baseline, and fails in 3 trials and 3 more",
            "broken    *::cup (3 of 3 trials then, 0 of 3 now, 0 of 3 more: confirmed)",
            "          then “I drink tea.”",
            "          now  “Hm.”",
            "gate FAIL: 1 case: confirmed broken (*::cup)",
            "next read the replies*",
        ]
    )


def test_three_planted_failures_among_many_are_caught_and_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    names = [f"b{n}" for n in range(14)] + [f"d{n}" for n in range(16)]
    kinds = {"b": "boundary", "d": "dont_know"}
    cases = (case(name, extra=f"category: {kinds[name[0]]}") for name in names)
    project.suite(*cases, head=THREE)
    fine = {name: "+++" if int(name[1:]) % 3 else "+-+" for name in names}
    says(project, **fine)
    project.run()
    assert main(["accept"]) == 0
    says(project, **{**fine, "b1": "-", "b4": "-", "b7": "-"})
    result = project.run("--persona-fresh")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 3 cases: confirmed broken (*::b1, *::b4, *::b7)"])


def test_one_that_passes_when_it_is_tried_again_is_not(accepted: Project) -> None:
    result = run(accepted, cup="---+--")
    result.assert_outcomes(passed=1, xfailed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["broken *0 of 3 now, 1 of 3 more: not confirmed)", "gate PASS*1 × unconfirmed flip"]
    )


def test_nor_is_one_that_fails_in_a_part_of_its_trials(accepted: Project) -> None:
    result = run(accepted, cup="-+-")
    assert result.ret == 0
    assert not [key for key in accepted.asked() if key.startswith("cup/3")]
    result.stdout.fnmatch_lines(["broken *1 of 3 now)", "gate PASS*unconfirmed flip"])


def test_a_fixed_one_is_announced(accepted: Project) -> None:
    result = run(accepted, pot="+++")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["fixed     *::pot (0 of 3 trials then, 3 of 3 now)", "gate PASS*", "next make it the new*"]
    )


def test_new_removed_and_changed_cases_are_listed_and_not_paired(accepted: Project) -> None:
    accepted.suite(case("cup", "Which?"), POT, case("jug", "Why?"), head=THREE)
    result = run(accepted, cup="---", jug="---")
    result.assert_outcomes(xfailed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["changed   *::cup", "new       *::jug", "removed   *::tea", "all *over 1 cases*"]
    )


def test_a_new_case_that_must_pass_fails_the_gate(accepted: Project) -> None:
    accepted.suite(TEA, CUP, POT, case("jug", "Why?", extra="must_pass: true"), head=THREE)
    result = run(accepted, jug="---")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 1 case that must pass fails (*::jug)"])


def test_to_take_away_what_a_case_expects_does_not_turn_it_green(accepted: Project) -> None:
    lighter = case("cup", extra="expect: [words: {min: 1}]")
    accepted.suite(TEA, lighter, POT, head=THREE)
    result = run(accepted, cup="---")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["gate FAIL: 1 case: no longer judged by `contains`, as it was in the baseline (*::cup)"]
    )


def test_skipping_a_case_is_listed_as_taking_it_away(accepted: Project) -> None:
    accepted.suite(TEA, case("cup", extra="skip: it fails"), POT, head=THREE)
    run(accepted).stdout.fnmatch_lines(["removed   *::cup"])


def test_nothing_in_common_is_no_pass(accepted: Project) -> None:
    accepted.suite(case("jug"), head=THREE)
    result = run(accepted, jug="+++")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: no case is the same as in the baseline*"])


def test_a_selection_is_compared_and_said_to_be_one(accepted: Project) -> None:
    result = run(accepted, "-k", "tea")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["2 cases were not run: these rates are those of the others"])
    result.stdout.no_fnmatch_line("removed*")


def test_a_machine_without_the_store_judges_both_sides(accepted: Project) -> None:
    shutil.rmtree(accepted.folder / ".persona_eval")
    accepted.suite(TEA, case("cup", says="juice"), POT, head=THREE)
    result = run(accepted)
    result.stdout.fnmatch_lines(["changed   *::cup"])
    accepted.write("persona.yaml", "name: Bo\nnever_says: [drink]\n")
    packed = [case(name, packed=True) for name in ("tea", "cup", "pot")]
    accepted.suite(*packed, head=THREE)
    assert run(accepted, pot="+++").ret == 1, "all are changed: nothing can be compared"


def test_verdicts_that_other_rules_have_turned_are_counted(accepted: Project) -> None:
    """The card is no part of a case: both sides are judged by the new one."""
    packed = [case(name, packed=True) for name in ("tea", "cup", "pot")]
    accepted.suite(*packed, head=THREE)
    run(accepted)
    # In a process of its own: it loads torch, which cannot be forgotten and imported again.
    command = [str(Path(sys.executable).with_name("persona-eval")), "accept"]
    subprocess.run(command, check=True, capture_output=True)
    accepted.write("persona.yaml", "name: Bo\nnever_says: [drink]\n")
    result = run(accepted)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["rules     * trials are judged otherwise than when they were accepted*", "gate PASS*"]
    )


def test_a_confirmed_case_is_no_bad_luck(accepted: Project) -> None:
    accepted.write("pyproject.toml", '[tool.persona-eval.gate]\nundecided = "pass"\n')
    easy = THREE.replace("pass_rate: 1", "pass_rate: 0.6")
    accepted.suite(TEA, CUP, POT, head=easy)
    run(accepted)
    assert main(["accept"]) == 0
    result = run(accepted, cup="---")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 1 case: confirmed broken (*::cup)"])


def test_what_is_not_compared_is_noted(accepted: Project) -> None:
    accepted.suite(TEA, case("cup", "Why?"), head=THREE)
    run(accepted, cup="---").stdout.fnmatch_lines(
        [
            "note 1 failing case not compared: new or changed",
            "note 1 case of the baseline not there any more",
        ]
    )


def test_without_a_comparison(accepted: Project) -> None:
    result = run(accepted, "--persona-no-baseline")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["gate FAIL: 1 case fails (*::pot)", "next read the failing replies;*"]
    )


def test_another_engine_has_no_baseline_yet(accepted: Project) -> None:
    path = accepted.folder / "baseline.json"
    data = json.loads(path.read_text())
    data["engines"] = {"metal-bfloat16": data["engines"]["scripted"]}
    replies = accepted.folder / "baseline.replies.jsonl"
    replies.write_text(replies.read_text().replace('"scripted"', '"metal-bfloat16"'))
    path.write_text(json.dumps(data | {"replies": digest_text(replies.read_text())}))
    result = run(accepted)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["no comparison: the baseline has no section for scripted (it has metal-bfloat16)"]
    )
    accepted.run("--persona-fresh")
    assert main(["accept"]) == 0
    assert json.loads(path.read_text())["engines"].keys() == {"metal-bfloat16", "scripted"}


def test_another_model_is_not_compared(accepted: Project) -> None:
    path = accepted.folder / "baseline.json"
    data = json.loads(path.read_text())
    data["engines"]["scripted"]["model"] = {"name": "older", "fingerprint": "0" * 64}
    path.write_text(json.dumps(data))
    result = run(accepted)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*is older (00000000), this run uses scripted*--persona-no-baseline*"]
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"schema": 1', '"schema": 0', "*is of schema 0, this persona-eval reads 1*"),
        ('"schema": 1', '"schema": 2', "*reads 1: upgrade persona-eval*"),
        ("{", "", "*baseline.json: cannot be read*restore the file*"),
        ('"category": "in_character"', '"category": "odd"', "*category: `odd` is not known here*"),
        ('"passed": [true, true, true]', '"passed": [true]', "*3 trials here, 1 in baseline.json*"),
        ('"replies": "', '"replies": "0', "*is not the one that baseline.json was accepted with*"),
    ],
)
def test_a_baseline_edited_into_nonsense(
    accepted: Project, old: str, new: str, message: str
) -> None:
    path = accepted.folder / "baseline.json"
    path.write_text(path.read_text().replace(old, new, 1))
    result = run(accepted)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_two_workers_compare_as_one_does(accepted: Project) -> None:
    accepted.suite(case("jug"), name="b.suite.yaml", head=THREE)
    says(accepted, tea="+++", cup="---", pot="---", jug="+++")
    result = accepted.run_alone("-n2", "--persona-fresh")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["broken    *::cup *confirmed)", "new       *::jug", "gate FAIL: 1 case: confirmed broken*"]
    )
    says(accepted, tea="+++", cup="+++", pot="---", jug="+++")
    assert accepted.run_alone("-n2", "--persona-fresh").ret == 0
    assert main(["accept"]) == 0
    kept = json.loads((accepted.folder / "baseline.json").read_text())["engines"]["scripted"]
    assert len(kept["cases"]) == 4
