"""A session without suites pays next to nothing for having the plugin installed."""

from __future__ import annotations

from projects import Project

HEAVY = ("mlx", "torch", "pydantic", "yaml", "numpy", "scipy", "transformers", "regex")


def test_nothing_heavy_is_imported(project: Project) -> None:
    project.write("conftest.py", "")
    project.write(
        "test_other.py",
        f"""
import sys

def test_other(request):
    assert request.config.pluginmanager.hasplugin("persona_eval")
    assert [name for name in {HEAVY} if name in sys.modules] == []
""",
    )
    others = ["no:anyio", "no:platformdirs", "no:cov"]
    arguments = [part for other in others for part in ("-p", other)]
    project.run_alone(*arguments, adapter=None).assert_outcomes(passed=1)


def test_help_names_the_options(project: Project) -> None:
    result = project.run_alone("--help", adapter=None)
    result.stdout.fnmatch_lines(
        ["character suites*:", "*--persona-model=NAME*", "*persona_adapters_dir (string):*"]
    )
