"""Where the language server of these tests comes from, and why they are skipped without one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from edited import NAME, VARIABLE, find_server

NPM = f"""\
#!{sys.executable}
import sys
from pathlib import Path

assert sys.argv[1] == "ci"
assert Path("package-lock.json").is_file()
if Path(__file__).with_name("offline").exists():
    sys.exit("npm error network")
bin = Path("node_modules", ".bin")
bin.mkdir(parents=True)
bin.joinpath("{NAME}").touch(mode=0o755)
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)
    return folder


def program(folder: Path, name: str, text: str = "") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_pinned_one_is_fetched_once(programs: Path, tmp_path: Path) -> None:
    program(programs, "npm", NPM)
    (found, option) = find_server(tmp_path)
    assert Path(found).name == NAME
    assert option == "--stdio"
    (programs / "offline").touch()
    assert find_server(tmp_path) == [found, option]


def test_npm_without_a_network(programs: Path, tmp_path: Path) -> None:
    program(programs, "npm", NPM)
    (programs / "offline").touch()
    with pytest.raises(LookupError, match=f"npm cannot fetch {NAME}: npm error network"):
        find_server(tmp_path)
    own = program(programs, NAME)
    assert find_server(tmp_path) == [str(own), "--stdio"]


def test_neither_npm_nor_a_server(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=f"needs npm, or a {NAME}"):
        find_server(tmp_path)


def test_one_of_ones_own(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path, "server")
    monkeypatch.setenv(VARIABLE, str(own))
    assert find_server(tmp_path) == [str(own), "--stdio"]
    monkeypatch.setenv(VARIABLE, "nowhere")
    with pytest.raises(LookupError, match=f"{VARIABLE} names nowhere, which is no program here"):
        find_server(tmp_path)
