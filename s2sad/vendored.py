"""Derivatives in files: emits them with their header, and says whether they fit their sources."""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from s2sad.api import Derivative, adjoint, grad, tangent, value_and_grad
from s2sad.backend.header import (
    Header,
    Request,
    Wrt,
    add_header,
    digest,
    parse_header,
    relative_source,
    wrt_value,
)
from s2sad.backend.join import join_modules
from s2sad.errors import S2SADError, StaleDerivativeError
from s2sad.usercode import user_module
from s2sad.version import __version__

TRANSFORMS = {"reverse": grad, "forward": tangent, "value": value_and_grad, "adjoint": adjoint}
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}


class NoSuchFunction(LookupError):
    """The file has no such function; the message says what it has instead."""


def emit_file(path: Path, request: Request, folder: Path) -> str:
    """The derivatives that `request` asks of the file `path`, as a file that stands in `folder`."""
    request = replace(request, source=relative_source(path, folder))
    with user_module(path) as module:
        asked = derivatives(module, request)
        return _text(asked, request, _fingerprint(asked))


def dump_file(path: Path, request: Request, pass_name: str) -> str:
    """The IR of the derivatives after one pass."""
    with user_module(path) as module:
        asked = derivatives(module, request)
        return "\n".join(d.dump(pass_name, request.args or None).rstrip() + "\n" for d in asked)


def _fingerprint(asked: list[Derivative]) -> str:
    """Text of all functions that the derivatives are made from."""
    return "\n".join(d.source_fingerprint() for d in asked)


def _text(asked: list[Derivative], request: Request, fingerprint: str) -> str:
    body = join_modules([d.emit(request.args or None) for d in asked])
    return add_header(body, request, version=__version__, fingerprint=fingerprint)


def derivatives(module: types.ModuleType, request: Request) -> list[Derivative]:
    """What `request` asks of an imported file; raises NoSuchFunction."""
    return [_derive(f, request.steps) for f in _functions(module, request.function)]


def _derive(function: Any, steps: tuple[tuple[str, str], ...]) -> Derivative:
    default: Wrt = 0
    if isinstance(function, Derivative):
        if not steps:
            return function
        # Other transformations than the decorator's, with respect to the same inputs.
        default = function.transforms[0].wrt
        function = function.function
    for mode, wrt in steps or (("reverse", ""),):
        function = TRANSFORMS[mode](function, wrt=wrt_value(wrt) if wrt else default)
    return function


def _functions(module: types.ModuleType, name: str) -> list[Any]:
    if name:
        return [find_function(module, name)]
    file = os.path.basename(module.__file__ or "")
    own = {n: v for n, v in vars(module).items() if _module_of(v) == module.__name__}
    decorated = [v for v in own.values() if isinstance(v, Derivative)]
    if decorated:
        return list(dict.fromkeys(decorated))
    public = [v for n, v in own.items() if not n.startswith("_") and _is_function(v)]
    if len(public) != 1:
        names = ", ".join(f.__name__ for f in public) or "none"
        raise NoSuchFunction(
            f"no function here is decorated with grad; say which one, as {file}:FUNCTION."
            f" Public functions: {names}"
        )
    return public


def find_function(module: types.ModuleType, name: str) -> Any:
    """The function `name` (with dots for what is inside a class) of an imported file."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [n for n, v in vars(module).items() if callable(v)]
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise NoSuchFunction(f"there is no function {name}{hint}")
        found = getattr(found, part)
    if not _is_function(found) and not isinstance(found, Derivative):
        what = "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
        raise NoSuchFunction(f"{name} is not a function but {what}")
    return found


def primal_of(function: Any) -> Any:
    """The function itself, where it is decorated."""
    return function.function if isinstance(function, Derivative) else function


def _is_function(value: Any) -> bool:
    return isinstance(value, types.FunctionType)


def _module_of(value: Any) -> str | None:
    function = value.function if isinstance(value, Derivative) else value
    return function.__module__ if _is_function(function) else None


@dataclass
class Finding:
    """What `s2sad check` finds out about a generated file.

    `problems`: nothing where the file is fresh. `new`: the text that it should have, where that can
    be made. `refused`: the error of a source that can no longer be differentiated.
    """

    path: Path
    old: str
    problems: list[str] = field(default_factory=list)
    new: str | None = None
    refused: S2SADError | None = None

    def verdict(self) -> str:
        return "; ".join(self.problems) or "fresh"

    def diff(self) -> str:
        """What writing the file anew would change, as a unified diff."""
        if self.new is None or not self.problems:
            return ""
        old, new = self.old.splitlines(), self.new.splitlines()
        lines = difflib.unified_diff(old, new, str(self.path), str(self.path), lineterm="")
        return "".join(line + "\n" for line in lines)


def inspect_file(path: Path, text: str) -> Finding:
    """Compare a generated file with its hashes and with what its source gives now."""
    finding = Finding(path, text)
    try:
        header = parse_header(text)
    except StaleDerivativeError:
        finding.problems.append("edited by hand: its header cannot be read; emit it again")
        return finding
    if header.edited:
        finding.problems.append("edited by hand")
    source = path.parent / header.request.source
    if not source.is_file():
        finding.problems.append(f"source not found: {header.request.source}")
        return finding
    fits = False
    try:
        with user_module(source) as module:
            asked = derivatives(module, header.request)
            fingerprint = _fingerprint(asked)
            fits = digest(fingerprint) == header.source_hash
            if not fits:
                finding.problems.append("stale: the source function changed")
            finding.new = _text(asked, header.request, fingerprint)
    except NoSuchFunction as error:
        finding.problems.append(f"source not found: {header.request.source}: {error}")
    except S2SADError as error:
        # Code that a call gave (for a dict, an object) is not made from the text alone: its source is what it was.
        if not fits:
            finding.refused = error
        if not fits and not finding.problems:
            finding.problems.append("stale: the source is refused now")
    else:
        # Hashes that fit and other code: a newer s2sad, or other rules.
        if not finding.problems and parse_header(finding.new).body != header.body:
            versions = f"s2sad {__version__} writes other code than {header.version}"
            finding.problems.append(f"stale: {versions}")
    return finding


def generated_files(folder: Path) -> Iterator[Path]:
    """The generated files under a folder, in order, without hidden folders and environments."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not _is_skipped(Path(root, f)))
        for name in sorted(files):
            path = Path(root, name)
            if name.endswith(".py") and path.is_file() and _looks_generated(path):
                yield path


def _is_skipped(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in SKIPPED_FOLDERS or (folder / "pyvenv.cfg").exists()


def _looks_generated(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return Header.starts(stream.readline())
    except OSError:
        return False
