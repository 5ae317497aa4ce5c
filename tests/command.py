"""Runs the command line in this process."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from s2sad.cli import main


def s2sad_command(*args: str | Path) -> Result:
    """Output and exit code of `s2sad ARGS`; an exception that it lets out is the test's failure."""
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def stable(text: str, folder: Path) -> str:
    """A diagnostic without what differs from run to run."""
    return text.replace(str(folder), "<dir>")
