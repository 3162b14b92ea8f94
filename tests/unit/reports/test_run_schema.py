"""The schema of ``--persona-json`` in docs/run.schema.json. That a real run has this shape is
tested in tests/plugin/test_persona_json_schema.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from jsonschema import Draft202012Validator

from persona_eval.cli import main
from persona_eval.reports.machine import SCHEMA_VERSION
from persona_eval.reports.run_shape import RunReport, run_schema

COMMITTED = Path(__file__).parents[3] / "docs" / "run.schema.json"


def test_the_committed_schema_is_current(tmp_path: Path) -> None:
    assert main(["schema", "--run", str(tmp_path / "run.schema.json")]) == 0
    made = (tmp_path / "run.schema.json").read_text(encoding="utf-8")
    assert made == COMMITTED.read_text(encoding="utf-8"), (
        "out of date: run `persona-eval schema --run docs/run.schema.json`"
    )


def test_it_is_a_schema_and_of_the_version_that_is_written() -> None:
    schema = run_schema()
    Draft202012Validator.check_schema(schema)
    assert get_args(RunReport.model_fields["version"].annotation) == (SCHEMA_VERSION,)
    assert schema["properties"]["schema"]["const"] == SCHEMA_VERSION


def test_later_versions_may_add_keys() -> None:
    assert 'additionalProperties": false' not in json.dumps(run_schema())


def test_a_run_of_another_version_is_refused() -> None:
    found = Draft202012Validator(run_schema()).iter_errors({"schema": 2})
    assert any(error.json_path == "$.schema" for error in found)
