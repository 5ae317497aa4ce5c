"""The command line: emit, check, verify, rules."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.text import Text

from s2sad.backend.files import write_atomically
from s2sad.backend.header import MODES, Header, Request, make_steps, split_target
from s2sad.check import GradientCheckError, check_grads
from s2sad.errors import S2SADError
from s2sad.pipeline import PASSES
from s2sad.rules.registry import default_registry
from s2sad.source import SourceFile
from s2sad.usercode import FileError, user_module
from s2sad.vendored import (
    Finding,
    NoSuchFunction,
    dump_file,
    emit_file,
    find_function,
    generated_files,
    inspect_file,
    primal_of,
)
from s2sad.version import __version__

CHECK_FAILED, USAGE, REFUSED = 1, 2, 3


class Failure(click.ClickException):
    """Ends the command with a diagnostic: what was asked cannot be done."""

    exit_code = USAGE

    def show(self, file: Any = None) -> None:
        _print_diagnostic(self.message)


class CheckFailed(Failure):
    """Ends the command with what a check found."""

    exit_code = CHECK_FAILED


class Refused(Failure):
    """Ends the command with the reason why the source cannot be differentiated."""

    exit_code = REFUSED


@contextlib.contextmanager
def _diagnosed(file: str) -> Iterator[None]:
    """Turns what a user can cause by the source `file` into a diagnostic and an exit code."""
    try:
        yield
    except NoSuchFunction as error:
        raise Failure(f"{file}: error: {error}") from error
    except S2SADError as error:
        raise Refused(_render(error)) from error


def _render(error: S2SADError) -> str:
    """The diagnostic, with the path as seen from here."""
    if isinstance(error, FileError):
        error.path = _displayed(error.path)
    elif error.span is not None:
        file = error.span.file
        shown = SourceFile(_displayed(file.path), file.text, file.first_line)
        error.span = replace(error.span, file=shown)
    return error.render()


def _displayed(path: str) -> str:
    here = os.path.realpath(os.curdir)
    return os.path.relpath(path, here) if path.startswith(here + os.sep) else path


def _print_diagnostic(message: str) -> None:
    """On stderr, in colour where that is a terminal."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for line in message.split("\n"):
        text = Text(line)
        text.highlight_regex(r"^( *\^+|(.*: )?S\d{3}(?= ))", "bold red")
        text.highlight_regex(r"^(help|error|warning):", "bold")
        console.print(text)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="s2sad")
def main() -> None:
    """Differentiate Python functions by writing Python functions."""


@main.command()
@click.argument("target", metavar="FILE[:FUNCTION]")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice(MODES),
    help="reverse: the gradient (default). forward: value and tangent. value: value and gradient."
    " adjoint: seeded with y_bar. Several: each is applied to the result of the one before.",
)
@click.option(
    "--wrt",
    "wrts",
    multiple=True,
    metavar="NAMES",
    help='Inputs to differentiate with respect to: "w,b". Default: the first.',
)
@click.option("--order", type=click.IntRange(min=1), help="How many times to differentiate.")
@click.option(
    "--backend", type=click.Choice(["numpy"]), default="numpy", help="What the code runs on."
)
@click.option(
    "--args",
    default="",
    metavar="SPEC",
    help='Kinds of the arguments: "w: f8[n,k], b: f8[k], rate: float". Default: the annotations.',
)
@click.option(
    "-o", "--output", metavar="OUT", help="Write to this file. It is replaced as a whole."
)
@click.option(
    "--dump-after", type=click.Choice(PASSES), help="Print the intermediate code after this pass."
)
def emit(
    target: str,
    modes: tuple[str, ...],
    wrts: tuple[str, ...],
    order: int | None,
    backend: str,
    args: str,
    output: str | None,
    dump_after: str | None,
) -> None:
    """Print the source of a derivative.

    Without FUNCTION: of every function in FILE that is decorated with grad, or of the only public
    one.
    """
    file, function = split_target(target)
    path = _existing(file)
    try:
        steps = make_steps(list(modes), list(wrts), order or 0)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    request = Request(file, function, steps, args, backend)
    out = None if output in (None, "-") else Path(output or "")
    if out is not None and out.exists() and out.samefile(path):
        raise Failure(f"{output}: error: this is the source itself; choose another file for -o")
    with _diagnosed(file):
        if dump_after:
            text = dump_file(path, request, dump_after)
        else:
            text = emit_file(path, request, out.parent if out is not None else Path())
    if out is None:
        # Bytes: the same text in every locale.
        click.echo(text.encode(), nl=False)
    else:
        _write(out, text)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--diff", is_flag=True, help="Print what writing the files anew would change.")
@click.option("--fix", is_flag=True, help="Write the files anew that are not fresh.")
def check(paths: tuple[str, ...], diff: bool, fix: bool) -> None:
    """Say whether generated files still fit their sources.

    Folders are searched for generated files. Exits with 1 if one is stale, was edited by hand, or
    has lost its source.
    """
    code = 0
    files = _unique(_generated(paths))
    if not files:
        _print_diagnostic(f"warning: no generated files in {', '.join(paths)}")
    for path in files:
        finding = inspect_file(path, _text_of(path))
        if diff:
            click.echo(finding.diff().encode(), nl=False)
        fixed = fix and bool(finding.problems) and finding.new is not None
        if fixed:
            _write(path, finding.new or "")
        click.echo(f"{path}: {finding.verdict()}{' (written anew)' if fixed else ''}")
        code = max(code, 0 if fixed else _code_of(finding))
    raise SystemExit(code)


def _code_of(finding: Finding) -> int:
    if finding.refused is not None:
        _print_diagnostic(_render(finding.refused))
        return REFUSED
    return CHECK_FAILED if finding.problems else 0


@main.command()
@click.argument("target", metavar="FILE:FUNCTION")
@click.option(
    "--at", required=True, metavar="ARGUMENTS", help='The point: "0.5, 2.0" or "[[1.0, 2.0]], 3".'
)
@click.option("--order", type=click.IntRange(1, 3), default=2, show_default=True)
def verify(target: str, at: str, order: int) -> None:
    """Check the derivatives of a function at a point.

    Forward mode is compared with central differences, reverse mode with forward mode.
    """
    file, name = split_target(target)
    if not name:
        raise click.UsageError("say which function to verify: FILE:FUNCTION")
    path = _existing(file)
    args = _point(at)
    with _diagnosed(file), user_module(path) as module:
        function = primal_of(find_function(module, name))
        try:
            function(*args)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise Failure(
                f"{target}: error: the function itself fails at ({at}): {said}"
            ) from error
        try:
            check_grads(function, args, order=order)
        except GradientCheckError as error:
            raise CheckFailed(f"{target}: {error.render()}") from error
    click.echo(f"{target}: derivatives up to order {order} are right at ({at})")


@main.command()
@click.argument("pattern", default="")
def rules(pattern: str) -> None:
    """List the functions that have a rule.

    All of them, or those with PATTERN in their name.
    """
    table = []
    for name, rule in sorted(default_registry().rules.items()):
        if pattern in name and not name.startswith(("intrinsic.", "helper.")):
            file = Path(rule.file)
            where = (
                file.name if file.parent.name == "templates" else f"{file.parent.name}/{file.name}"
            )
            table.append((name, "no derivative" if rule.nondifferentiable else where))
    if not table:
        raise CheckFailed(f"no rule has {pattern!r} in its name")
    width = max(len(name) for name, _ in table)
    for name, where in table:
        click.echo(f"{name:{width}}  {where}")


def _existing(file: str) -> Path:
    path = Path(file)
    if path.is_dir():
        raise Failure(f"{file}: error: this is a folder; give a Python file")
    if not path.exists():
        raise Failure(f"{file}: error: there is no such file")
    return path


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise Failure(f"{path}: error: cannot be written: {error.strerror}") from error


def _generated(paths: tuple[str, ...]) -> Iterator[Path]:
    for name in paths:
        path = Path(name)
        if path.is_dir():
            yield from generated_files(path)
            continue
        if not Header.starts(_text_of(_existing(name))):
            raise Failure(f"{name}: error: s2sad did not generate this file")
        yield path


def _unique(paths: Iterator[Path]) -> list[Path]:
    return list({path.resolve(): path for path in paths}.values())


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Failure(f"{path}: error: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: error: is not UTF-8 text") from error


def _point(text: str) -> tuple[Any, ...]:
    """The arguments that `--at` states; lists become arrays."""
    try:
        values = ast.literal_eval(f"({text},)")
        return tuple(np.array(v) if isinstance(v, list) else v for v in values)
    except (ValueError, SyntaxError) as error:
        raise click.UsageError(f"--at takes numbers and lists of numbers, not {text!r}") from error
