"""Writes files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path`, replacing the file in one step.

    Raises OSError where that fails, and then nothing changed. A link keeps pointing to the file that
    is replaced, the file keeps its mode, and what is not a regular file (a pipe, /dev/stdout) is
    written to.
    """
    target = Path(path)
    mode = _mode(target)
    if mode is not None and not stat.S_ISREG(mode):
        with open(target, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        return
    if mode is not None and not os.access(target, os.W_OK):
        # Its folder would let us replace it, but its owner said that it is not to be written.
        raise PermissionError(13, "Permission denied", str(path))
    target = Path(os.path.realpath(target))
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    except OSError as error:
        # The name of the temporary file means nothing to the reader.
        raise type(error)(error.errno, error.strerror, str(path)) from error
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int | None:
    """Type and permissions of the file that `path` leads to, None where there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    """The mask of new files' permissions; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
