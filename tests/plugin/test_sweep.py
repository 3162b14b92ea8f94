"""``--persona-sweep``: settings tried on the selected cases, with the same draws for all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from projects import CRASHES, HEAD, Project, case

SWEPT = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            with open({log!r}, "a") as log:
                log.write(request.key + "\\n")
            case, trial, _, _ = request.key.split("/")
            g = request.generation
            hot = g.temperature > 0.9
            short = g.min_tokens < 20 and case == "c0"
            return "Hm." if hot or short else "I drink tea."
        return ScriptedModel(answer)
"""
CASES = 12
COLD = ("--persona-sweep", "temperature=0.4..1.2:0.2", "--persona-sweep", "min_tokens=0,20,50")


@pytest.fixture
def swept(project: Project) -> Project:
    """Passes up to a temperature of 0.9, one case only from 20 tokens on."""
    project.answers({}, more=SWEPT.format(log=str(project.log)))
    project.suite(*(case(f"c{n}") for n in range(CASES)))
    return project


def result(project: Project, *arguments: str) -> tuple[pytest.RunResult, list[Any]]:
    ran = project.run(*arguments, "--persona-json=out.json")
    path = project.folder / "out.json"
    return ran, json.loads(path.read_text()) if path.exists() else []


def test_table_region_centre_and_effects(swept: Project) -> None:
    ran, (found,) = result(swept, *COLD)
    assert ran.ret == 0
    ran.stdout.fnmatch_lines(
        [
            "*= persona-eval sweep =*",
            "Bo · adapter base · scripted · 12 cases · 15 settings · the same draws for all",
            "*gate*all*cut*in_character",
            "temperature=0.4 min_tokens=0 *fail*92%*92%",
            "temperature=0.4 min_tokens=20 *pass*100%*100%",
            "region * every gate passes at 6 of 15 settings: temperature 0.4 to 0.8, "
            "min_tokens 20 to 50",
            "take * temperature=0.6 min_tokens=20 (the centre, 1 step from the border)",
            "effect * temperature: 97.2 points * between 0.4 and 1 *",
            "effect * temperature matters most",
        ]
    )
    assert found["recommended"] == {"temperature": 0.6, "min_tokens": 20}
    assert found["whole"] is True


def test_what_cases_have_today_is_marked(swept: Project) -> None:
    ran, (found,) = result(swept, "--persona-sweep", "temperature=0.7,0.8")
    ran.stdout.fnmatch_lines(["temperature=0.8 [*] *"])
    assert [point["current"] for point in found["points"]] == [False, True]


def test_twice_is_the_same_table_and_generates_nothing(swept: Project) -> None:
    first, once = result(swept, *COLD)
    asked = len(swept.asked())
    second, twice = result(swept, *COLD)
    assert len(swept.asked()) == asked == 15 * CASES
    assert table(first) == table(second)
    assert once == twice


def table(ran: pytest.RunResult) -> list[str]:
    lines = ran.outlines
    (start,) = (n for n, line in enumerate(lines) if "persona-eval sweep" in line)
    return lines[start:-1]


def test_a_sweep_grows_by_what_is_missing_alone(swept: Project) -> None:
    result(swept, "--persona-sweep", "temperature=0.4,0.6")
    result(swept, "--persona-sweep", "temperature=0.4,0.6,0.8")
    assert len(swept.asked()) == 3 * CASES
    swept.run()
    assert len(swept.asked()) == 3 * CASES, "0.8 is what the cases have"


def test_selected_cases_alone(swept: Project) -> None:
    ran, (found,) = result(swept, "--persona-sweep", "temperature=0.4,0.6", "-k", "c2 or c3")
    assert ran.ret == 0
    assert found["points"][0]["cases"].keys() == {
        f"{swept.folder.name}/a.suite.yaml::c{n}" for n in (2, 3)
    }
    assert found["whole"] is False
    ran.stdout.fnmatch_lines(["note * not all cases were swept*"])


def test_several_adapters_one_table_each(swept: Project) -> None:
    swept.adapter("ned")
    ran, found = result(swept, "--persona-sweep", "temperature=0.4,0.6", "--persona-adapter=ned")
    assert [each["adapter"] for each in found] == ["base", "ned"]
    assert len(swept.asked()) == 2 * 2 * CASES
    ran.stdout.fnmatch_lines(["Bo · adapter base *", "Bo · adapter ned *"])


def test_where_no_gate_passes_nothing_is_recommended(swept: Project) -> None:
    ran, (found,) = result(swept, "--persona-sweep", "temperature=0.8,1", "--persona-sweep",
                           "min_tokens=0")  # fmt: skip
    ran.stdout.fnmatch_lines(
        [
            "region * no gate passes at any of the 2 settings",
            "*the best is temperature=0.8 min_tokens=0; all others are shown worse",
            "centre * temperature=0.8 min_tokens=0 *not a recommendation",
            "*its gate: 1 case fails (*::c0)",
            "effect * temperature: 91.7 points *",
        ]
    )
    assert found["recommended"] is None
    assert ran.ret == 0


def test_a_case_that_sets_it_itself_is_swept_too(swept: Project) -> None:
    swept.suite(case("own", extra="generation: {temperature: 0.1}"))
    _, (found,) = result(swept, "--persona-sweep", "temperature=0.5,1.5")
    rates = [point["categories"]["all"]["rate"] for point in found["points"]]
    assert rates == [1.0, 0.0]


def test_the_baseline_takes_swept_cases_for_the_same(
    swept: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from persona_eval.cli import main

    monkeypatch.chdir(swept.folder)
    swept.suite(*(case(f"c{n}") for n in range(1, 7)), head=HEAD.replace("trials: 1", "trials: 3"))
    swept.run()
    assert main(["accept"]) == 0
    ran, (found,) = result(swept, "--persona-sweep", "temperature=0.8,1.0")
    good, hot = found["points"]
    assert good["gate"] == {"passed": True, "reasons": []}
    assert "6 cases: confirmed broken" in hot["gate"]["reasons"][0]
    ran.stdout.fnmatch_lines(["gate: compared with the baseline case by case, settings apart"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("temprature=0.6", "*temprature: unknown setting: did you mean `temperature`?*"),
        ("temperature=1.2..0.4:0.2", "*upside down: write 0.4..1.2*"),
        ("temperature=0.6,0.60", "*temperature: 0.6 stands twice*"),
        ("temperature=-1", "*temperature: -1: must be 0 or more*"),
        ("temperature=hot", "*temperature: hot: must be a number*"),
        ("seed=1,2", "*seed: a seed is no setting to choose*"),
        ("temperature", "*expected KEY=V1,V2*"),
        ("top_k=1..999999:1", "*holds 999,999 values: take a wider step*"),
    ],
)
def test_what_cannot_be_swept_is_said_at_once(swept: Project, settings: str, message: str) -> None:
    ran = swept.run("--persona-sweep", settings)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([message])
    assert swept.asked() == []


def test_very_many_settings_are_refused_with_an_estimate(swept: Project) -> None:
    ran = swept.run("--persona-sweep", "top_k=1..10000:1")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stdout.fnmatch_lines(["*10000 settings*more than 100 settings*add --persona-yes*"])
    assert swept.asked() == []


def test_settings_that_no_engine_can_honour(swept: Project) -> None:
    ran = swept.run("--persona-sweep", "min_tokens=0,400")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stdout.fnmatch_lines(["*min_tokens=400: min_tokens 400 with max_tokens 320*"])
    assert swept.asked() == []


def test_a_file_with_names(swept: Project) -> None:
    swept.write("named.yaml", "named:\n  calm: {temperature: 0.5, min_tokens: 20}\n"
                              "  wild: {temperature: 1.5}\n")  # fmt: skip
    ran, (found,) = result(swept, "--persona-sweep", "named.yaml")
    ran.stdout.fnmatch_lines(["calm *pass*100%*", "wild *fail*0%*", "take * calm (the highest*"])
    assert found["recommended"] == {"temperature": 0.5, "min_tokens": 20}


def test_workers_are_refused(swept: Project) -> None:
    ran = swept.run_alone("--persona-sweep", "temperature=0.5", "-n1")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stdout.fnmatch_lines(["*--persona-sweep runs in one process*add -n0*"])


def test_what_cannot_be_judged_is_no_rate_and_closes_the_gate(swept: Project) -> None:
    swept.answers({}, more=SWEPT.format(log=str(swept.log)) + CRASHES)
    swept.suite(case("fine"), case("odd", extra="expect: [crashes]"))
    ran, (found,) = result(swept, "--persona-sweep", "temperature=0.4,0.6")
    assert ran.ret == 7
    ran.stdout.fnmatch_lines(
        [
            "*gate*errors*in_character",
            "temperature=0.4 *error*1 *",
            "ERROR *::odd: *crashes*ZeroDivisionError*",
        ]
    )
    assert [point["gate"]["passed"] for point in found["points"]] == [False, False]
