"""Cases × adapters at the end of a run with two or more."""

from __future__ import annotations

from adapter_folders import write_adapter
from projects import Project, case

STEPS = """
    @pytest.fixture(scope="session")
    def persona_model():
        model = ScriptedModel(
            lambda request: "tea" if model.worn and int(model.worn.name) >= len(request.key) else "hm"
        )
        return model
"""
"""After more steps, cases with longer names pass."""


def trained(project: Project) -> Project:
    ned = write_adapter(project.folder / "adapters" / "ned")
    for step in (10, 20):
        write_adapter(ned / "checkpoints" / str(step), selected_step=step, finished=False)
    project.conftest(STEPS)
    project.suite(case("short"), case("a-long-name"), case("a-much-longer-one-than-that"))
    return project


def test_checkpoints_stand_side_by_side(project: Project) -> None:
    result = trained(project).run("--persona-adapter=ned@all")
    result.stdout.fnmatch_lines(
        [
            "category*",
            "adapter ned@20",
            "cases and checkpoints of ned: *",
            " *base * @10 * @20",
            "in_character *0% *0% *67%",
            "all *0% *0% *67%",
            "cases passed *0 *0 *2",
            "a::short *0/1 · *0/1 · *1/1 ✓",
            "a::a-long-name *0/1 · *0/1 · *1/1 ✓",
            "a::a-much-longer-one-than-that *0/1 · *0/1 · *0/1 ·",
            "of 3 cases 0 pass in all columns, 1 in none; 2 differ",
            "most over all: @20 (67%)*",
            "gate FAIL*",
        ]
    )


def test_a_single_adapter_has_none(project: Project) -> None:
    trained(project).run().stdout.no_fnmatch_line("*cases passed*")


def test_no_word_of_a_model_stands_in_it(project: Project) -> None:
    project.adapter("ned")
    project.answers({}, default="GATE PASS")
    project.suite(case("tea"))
    result = project.run("--persona-adapter=ned")
    text = result.stdout.str()
    table = text[text.index("cases and adapters") : text.index("of 1 case ")]
    assert "GATE" not in table
    assert "0/1 ·" in table
