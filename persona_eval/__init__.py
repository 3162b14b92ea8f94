"""persona-eval: character tests for small language models.

The public names; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from persona_eval.api import load_suite as load_suite
    from persona_eval.api import score_reply as score_reply
    from persona_eval.errors import PersonaEvalError as PersonaEvalError
    from persona_eval.errors import SuiteError as SuiteError
    from persona_eval.models.base import Message as Message
    from persona_eval.models.base import Reply as Reply
    from persona_eval.models.base import Request as Request
    from persona_eval.models.scripted import ScriptedModel as ScriptedModel
    from persona_eval.scorers.base import Exchange as Exchange
    from persona_eval.scorers.base import Score as Score
    from persona_eval.scorers.base import Scorer as Scorer

_HOMES = {
    "load_suite": "api",
    "score_reply": "api",
    "PersonaEvalError": "errors",
    "SuiteError": "errors",
    "Message": "models.base",
    "Reply": "models.base",
    "Request": "models.base",
    "ScriptedModel": "models.scripted",
    "Exchange": "scorers.base",
    "Score": "scorers.base",
    "Scorer": "scorers.base",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
