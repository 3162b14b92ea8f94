"""What pages have in common: the templates' environment, what the browser may do, and writing."""

from __future__ import annotations

import base64
import hashlib
import os
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from persona_eval.errors import PersonaEvalError


def environment() -> Environment:
    """Templates that escape whatever is put into them, and fail at names that they do not know."""
    return Environment(
        loader=PackageLoader("persona_eval.reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(*names: str) -> Markup:
    """Styles or scripts of the package, which hold nothing that comes from a run."""
    folder = resources.files("persona_eval.reports.html") / "templates"
    return Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in names))


def policy(style: str, script: str | None = None) -> str:
    """What the browser may do with a page: apply this style, run this script, if there is one,
    and load nothing at all."""
    runs = f"script-src '{_digest(script)}'; " if script else ""
    return (
        f"default-src 'none'; {runs}style-src '{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises PersonaEvalError where that cannot be done."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        beside.write_bytes(text.encode("utf-8", "backslashreplace"))
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PersonaEvalError(f"{path}: cannot be written ({error})") from None
