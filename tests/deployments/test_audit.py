"""The audit of the tested set: an unanswered question is no clean answer, and what is ignored is so for a time."""

import importlib.util
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]
SOUND = {"name": "a", "version": "1", "vulns": []}
HOLED = {"name": "b", "version": "2", "vulns": [{"id": "GHSA-1", "fix_versions": ["2.1"], "aliases": []}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", PROJECT / "deployments" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let a program of the test's own stand where Python is asked for pip-audit."""

    def answer(printed: str) -> None:
        (tmp_path / "said").write_text(printed)
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\ncat {tmp_path / 'said'}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return answer


@pytest.mark.parametrize(
    ("packages", "code", "required_code", "said"),
    [
        ([SOUND], 0, 0, "1 packages checked, 0 vulnerabilities"),
        ([SOUND, HOLED], 1, 1, "b 2: GHSA-1, mended in 2.1"),
        ([SOUND, UNKNOWN], 0, 2, "nothing is known of 1 packages (c"),
        ([UNKNOWN], 0, 2, "SKIPPED"),
    ],
)
def test_what_is_found_is_told(audit, answering, capsys, packages, code, required_code, said):
    answering(json.dumps({"dependencies": packages}))
    assert audit.main([]) == code
    assert said in capsys.readouterr().out
    assert audit.main(["--required"]) == required_code


def test_no_answer_is_not_taken_for_a_clean_one(audit, answering, capsys):
    answering("")
    assert audit.main([]) == 0
    assert "SKIPPED, nothing was checked" in capsys.readouterr().out
    assert audit.main(["--required"]) == 2


def test_what_is_ignored_has_a_reason_and_an_end(audit):
    audit.read_ignored(audit.IGNORED.read_text())
    text = '[[ignored]]\nid = "G-1"\npackage = "a"\nreason = "unused"\nuntil = 2026-01-31\n'
    entries = audit.read_ignored(text)
    assert audit.overdue(entries, date(2026, 1, 31)) == ()
    assert "looked at again" in audit.overdue(entries, date(2026, 2, 1))[0]
    with pytest.raises(TypeError):
        audit.read_ignored('[[ignored]]\nid = "G-1"\n')


def test_pip_audit_is_there():
    asked = subprocess.run([sys.executable, "-m", "pip_audit", "--version"], capture_output=True, text=True, check=True)
    assert "pip-audit" in asked.stdout
