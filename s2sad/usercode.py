"""Imports a file of the user, and says in the user's terms why one cannot be imported."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import linecache
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from s2sad.errors import SourceUnavailableError
from s2sad.source import SourceFile, Span

GUARD = 'put what the file runs under `if __name__ == "__main__":`'


class FileError(SourceUnavailableError):
    """A file as a whole that cannot be read: there is no line to point at."""

    def __init__(self, path: str, message: str, *, help: str = "") -> None:
        self.path = path
        super().__init__(message, help=help)

    def render(self) -> str:
        return f"{self.path}: {super().render()}"


@contextlib.contextmanager
def user_module(path: Path) -> Iterator[types.ModuleType]:
    """The module of the file `path`, imported anew.

    While it is in use, the folder of the file (of its outermost package, if it is in one) is first
    on sys.path. Afterwards sys.path and sys.modules are as before, so that files of one name in two
    folders do not meet. What the file prints goes to stderr.
    """
    path = Path(os.path.realpath(path))
    text = _read(path)
    code = _compile(path, text)
    folder, package = _package_of(path)
    modules, paths = dict(sys.modules), list(sys.path)
    writes_bytecode = sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    # A compiled file is told from a changed source by seconds only: leave none that could mislead.
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    linecache.checkcache(str(path))
    try:
        yield _execute(path, text, code, package)
    finally:
        sys.dont_write_bytecode = writes_bytecode
        sys.path[:] = paths
        for name in [n for n in sys.modules if n not in modules]:
            if _is_users(sys.modules[name], folder):
                del sys.modules[name]


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(str(path), f"cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise _not_python(path, "it has zero bytes")
    try:
        return importlib.util.decode_source(data)
    except (UnicodeDecodeError, SyntaxError) as error:
        try:
            data.decode()
        except UnicodeDecodeError as other:
            line = data.count(b"\n", 0, other.start) + 1
            raise _not_python(path, f"line {line} is not UTF-8 text") from error
        raise _not_python(path, str(error)) from error


def _not_python(path: Path, why: str) -> FileError:
    return FileError(str(path), f"this is not Python: {why}", help="give a file of Python source")


def _compile(path: Path, text: str) -> types.CodeType:
    try:
        return compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(0, (error.offset or 1) - 1)
        end_line, end = error.end_lineno or line, (error.end_offset or 0) - 1
        span = Span(SourceFile(str(path), text), line, column, end_line, max(end, column + 1))
        raise SourceUnavailableError(
            f"this is not Python: {error.msg}",
            span=span,
            help="the file must parse before s2sad reads it",
        ) from error


def _package_of(path: Path) -> tuple[Path, str]:
    """The folder to import from, and the name of the package that the file is in ("" for none)."""
    folder, names = path.parent, list[str]()
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _execute(path: Path, text: str, code: types.CodeType, package: str) -> types.ModuleType:
    try:
        # The code that is asked for must not mix with what the file prints.
        with contextlib.redirect_stdout(sys.stderr or io.StringIO()):
            name = _module_name(path, package)
            loader = importlib.machinery.SourceFileLoader(name, str(path))
            spec = importlib.util.spec_from_loader(name, loader)
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            exec(code, module.__dict__)
            return module
    except (Exception, SystemExit) as error:
        raise _import_error(path, text, error) from error


def _module_name(path: Path, package: str) -> str:
    name = path.stem
    if package:
        parent = importlib.import_module(package)
        if str(path.parent) in map(os.path.realpath, getattr(parent, "__path__", ())):
            return package if name == "__init__" else f"{package}.{name}"
    # A file called like a module that is in use must not take its place.
    return f"_{name}_from_file" if name in sys.modules else name


def _import_error(path: Path, text: str, error: BaseException) -> SourceUnavailableError:
    """The diagnostic at the last line of the user's file that was running."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    said = f": {error}" if str(error) else ""
    message = f"importing {path.name} raised {type(error).__name__}{said}".replace("\n", " ")
    if isinstance(error, SystemExit):
        help = GUARD
    elif isinstance(error, ModuleNotFoundError):
        help = f"run s2sad with the Python that has {error.name}: python -m s2sad ..."
    else:
        help = f"s2sad imports the file to see what its names mean; {GUARD}"
    if not line:
        return FileError(str(path), message, help=help)
    file = SourceFile(str(path), text)
    source = file.line(line)
    start = len(source) - len(source.lstrip())
    return SourceUnavailableError(
        message, span=Span(file, line, start, line, max(len(source.rstrip()), start + 1)), help=help
    )


def _is_users(module: types.ModuleType, folder: Path) -> bool:
    """Is this a module of the user's folder, and not of an environment that lies in it?"""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or module.__name__.partition(".")[0] == "s2sad":
        return False
    path = Path(os.path.realpath(file))
    return path.is_relative_to(folder) and not {"site-packages", "dist-packages"} & set(path.parts)
