"""Look for known vulnerabilities in the tested set (constraints.txt): `make audit`.

pip-audit asks the package index for advisories. Where none can be had, which a mirror or a machine without network does
not offer, this says so and is content, unless `--required`; it never takes an unanswered question for a clean answer.
What is ignored, and why, stands in audit.toml, and only until a date.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

HERE = Path(__file__).resolve().parent
CONSTRAINTS = HERE.parent / "constraints.txt"
IGNORED = HERE / "audit.toml"
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2
_TIMEOUT_S = 300
_MOST_NAMED = 5


class Ignored(NamedTuple):
    """An advisory that is looked at and left alone until a day."""

    id: str
    package: str
    reason: str
    until: date


class Findings(NamedTuple):
    """What the advisories say: lines for what is vulnerable, and the packages that nothing is known of."""

    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]
    total: int


def read_ignored(text: str) -> tuple[Ignored, ...]:
    """Return the entries of an ignore list. Raises TypeError for one that lacks a field."""
    return tuple(Ignored(**entry) for entry in tomllib.loads(text).get("ignored", []))


def overdue(ignored: Sequence[Ignored], today: date) -> tuple[str, ...]:
    """Return a line for each entry whose time is over."""
    return tuple(
        f"{entry.id} ({entry.package}) was to be looked at again by {entry.until}: {entry.reason}"
        for entry in ignored
        if entry.until < today
    )


def findings_of(report: dict[str, Any]) -> Findings:
    """Return what pip-audit's JSON report says."""
    packages = report["dependencies"]
    vulnerable = tuple(
        f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
        for each in packages
        for one in each.get("vulns", [])
    )
    unknown = tuple(each["name"] for each in packages if "skip_reason" in each)
    return Findings(vulnerable, unknown, len(packages))


def ask(ignored: Sequence[Ignored]) -> Findings | str:
    """Return the findings, or in words why there are none."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip"]
    options = [word for entry in ignored for word in ("--ignore-vuln", entry.id)]
    try:
        asked = subprocess.run(  # noqa: S603
            [*command, "--format", "json", "--progress-spinner", "off", *options],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        findings = findings_of(json.loads(asked.stdout))
    except subprocess.TimeoutExpired:
        return f"no answer within {_TIMEOUT_S} s"
    except ValueError:
        return (asked.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1][-300:]
    if len(findings.unknown) == findings.total:
        return "the package index has advisories of none of the packages"
    return findings


def main(words: Sequence[str] | None = None) -> int:
    """Print what was found; return 0 when nothing was, 1 for a vulnerability, 2 for no answer where it is required."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--required", action="store_true", help="no advisories are a failure")
    options = parser.parse_args(words)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    ignored = read_ignored(IGNORED.read_text(encoding="utf-8"))
    late = overdue(ignored, datetime.now(UTC).date())
    found = ask(ignored)
    if isinstance(found, str):
        console.print(f"audit SKIPPED, nothing was checked: {found}")
        return UNKNOWN if options.required else VULNERABLE if late else CLEAN
    for line in (*found.vulnerable, *late):
        console.print(line)
    if found.unknown:
        named = ", ".join(found.unknown[:_MOST_NAMED])
        console.print(f"audit: nothing is known of {len(found.unknown)} packages ({named}, …)")
    console.print(
        f"audit: {found.total - len(found.unknown)} packages checked, {len(found.vulnerable)} vulnerabilities"
    )
    if found.vulnerable or late:
        return VULNERABLE
    return UNKNOWN if found.unknown and options.required else CLEAN


if __name__ == "__main__":
    sys.exit(main())
