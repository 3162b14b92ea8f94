"""MLX keeps the BLAS that it finds when it is imported, and test modules import it while they are
collected: without this the tests on the real model would run twenty times slower."""

from __future__ import annotations

import os

from hypothesis import settings

from persona_eval.models.blas import prepare_cpu

prepare_cpu()
settings.register_profile("untimed", deadline=None)  # how long a test takes is no property
settings.load_profile("untimed")
os.environ.pop("GITHUB_STEP_SUMMARY", None)  # runs inside these tests would add to it
