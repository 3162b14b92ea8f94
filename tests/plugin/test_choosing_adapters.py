"""``--persona-adapter`` and the ini keys around it."""

from __future__ import annotations

import pytest
from adapter_folders import write_adapter
from projects import Project, case

WORN = """
    @pytest.fixture(scope="session")
    def persona_model():
        model = ScriptedModel(lambda request: f"I wear {model.worn and model.worn.name}.")
        return model
"""


@pytest.fixture
def wearing(project: Project) -> Project:
    """A model that says what it wears, with a case for each of three."""
    project.conftest(WORN)
    cases = [case(name, says=name) for name in ("none", "ned", "pip")]
    project.suite(*cases)
    project.adapter("ned")
    project.adapter("pip")
    return project


def passed(result: pytest.RunResult) -> set[str]:
    return {line.split("::")[1].split()[0] for line in result.outlines if " PASSED" in line}


def test_repeated_it_runs_each_in_order(wearing: Project) -> None:
    result = wearing.run("--persona-adapter=pip", "--persona-adapter=ned", "-v")
    assert passed(result) == {"none[base]", "pip[pip]", "ned[ned]"}
    order = [line.split("[")[1].split("]")[0] for line in result.outlines if "%]" in line]
    assert order == ["base"] * 3 + ["pip"] * 3 + ["ned"] * 3


def test_the_same_one_twice_is_once(wearing: Project) -> None:
    wearing.run("--persona-adapter=base").assert_outcomes(passed=1, failed=2)


def test_a_folder_instead_of_a_name(wearing: Project) -> None:
    folder = wearing.adapter("zoe", "elsewhere")
    wearing.suite(case("zoe", says="zoe"))
    result = wearing.run(f"--persona-adapter={folder}", "-v", adapter=None)
    assert passed(result) == {"zoe[zoe]"}


def test_two_of_one_name_are_refused(wearing: Project) -> None:
    folder = wearing.adapter("ned", "elsewhere")
    result = wearing.run(f"--persona-adapter={folder}", adapter="ned")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*two adapters have the same name: ned, *elsewhere/ned*"])


def test_the_ini_file_names_the_usual_ones(wearing: Project) -> None:
    wearing.write("pytest.ini", "[pytest]\npersona_adapters = ned base\n")
    result = wearing.run("-v", adapter=None)
    assert passed(result) == {"ned[ned]", "none[base]"}
    assert passed(wearing.run("-v", adapter="pip")) == {"pip[pip]"}


def test_another_folder_of_adapters(wearing: Project) -> None:
    wearing.write("pytest.ini", "[pytest]\npersona_adapters_dir = wardrobe\n")
    wearing.adapter("ned", "wardrobe")
    result = wearing.run("-v", adapter=None)
    assert passed(result) == {"ned[ned]"}, "the only one needs no name"


def test_an_unknown_name_is_one_error_with_a_suggestion(wearing: Project) -> None:
    result = wearing.run(adapter="nedd")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no adapter `nedd`*Did you mean ned?*has: ned, pip*"])
    assert result.stderr.str().count("no adapter") == 1


def test_several_and_none_named(wearing: Project) -> None:
    result = wearing.run(adapter=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*which adapter? *adapters has: ned, pip. Name one with *"])


def test_none_at_all(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run(adapter=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*which adapter? there is none in *`base` means none*"])


def test_nobody_asks_where_no_case_is_left(project: Project) -> None:
    project.suite(case("tea"))
    project.write("test_other.py", "def test_other():\n    pass\n")
    project.run("-k", "other", adapter=None).assert_outcomes(passed=1, deselected=1)


def test_a_damaged_adapter_ends_the_session_once(wearing: Project) -> None:
    wearing.write("adapters/ned/adapter_config.json", "{}")
    result = wearing.run(adapter="ned")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*persona-eval: *adapter_config.json*num_layers*"])
    result.assert_outcomes()


@pytest.mark.parametrize(
    ("adapter", "message"), [("nedd", "no adapter `nedd`"), ("ned", "`num_layers` must be")]
)
def test_workers_say_it_as_clearly(wearing: Project, adapter: str, message: str) -> None:
    wearing.write("adapters/ned/adapter_config.json", "{}")
    result = wearing.run_alone("-n2", adapter=adapter)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert message in text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


@pytest.fixture
def checkpoints(wearing: Project) -> Project:
    """`ned` with two checkpoints beside it."""
    ned = write_adapter(wearing.folder / "adapters" / "ned")
    for step in (10, 20):
        write_adapter(ned / "checkpoints" / str(step), selected_step=step, finished=False)
    wearing.suite(*(case(f"step-{name}", says=name) for name in ("10", "20", "ned")))
    return wearing


def test_all_checkpoints_of_an_adapter(checkpoints: Project) -> None:
    result = checkpoints.run("-v", adapter="ned@all")
    assert passed(result) == {"step-10[ned@10]", "step-20[ned@20]"}


def test_one_checkpoint_beside_the_adapter(checkpoints: Project) -> None:
    result = checkpoints.run("-v", "--persona-adapter=ned@best", adapter="ned@10")
    assert passed(result) == {"step-10[ned@10]", "step-ned[ned@best]"}


def test_a_checkpoint_that_does_not_exist(checkpoints: Project) -> None:
    result = checkpoints.run(adapter="ned@15")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no checkpoint `ned@15`: ned has best, last, all, * 10, 20"])
    result = checkpoints.run(adapter="pip@all")
    result.stderr.fnmatch_lines(["*holds no checkpoints*"])
