"""Puts pip into a virtual environment on a system without ensurepip: `fetch_pip.py .venv`.

Uses the standard library only. The wheel comes from the package index (PIP_INDEX_URL or PyPI), its
hash is compared with the one that the index states, and pip then installs itself from it.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"


class Links(HTMLParser):
    """The wheels of released versions on a page of the index: version -> address."""

    def __init__(self) -> None:
        super().__init__()
        self.wheels: dict[tuple[int, ...], str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs)
        url = urllib.parse.urljoin(INDEX, link.get("href") or "")
        wheel = re.search(r"/pip-(\d+(?:\.\d+)+)-py3-none-any\.whl#sha256=", url)
        python = re.search(r">=\s*3\.(\d+)", link.get("data-requires-python") or "")
        fits = python is None or int(python[1]) <= sys.version_info.minor
        if tag == "a" and wheel and fits and "data-yanked" not in link:
            self.wheels[tuple(map(int, wheel[1].split(".")))] = url


def get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "text/html, */*;q=0.1"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content


def main(venv: str) -> int:
    try:
        page = Links()
        page.feed(get(INDEX).decode())
        if not page.wheels:
            raise ValueError("no wheel of pip is listed there")
        url, _, expected = page.wheels[max(page.wheels)].partition("#sha256=")
        wheel = get(url)
    except (OSError, ValueError) as error:
        print(f"Cannot fetch pip from {INDEX}: {error}", file=sys.stderr)
        return 1
    if hashlib.sha256(wheel).hexdigest() != expected:
        print(f"The hash of {url} is not the one that the index states.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, url.rpartition("/")[2])
        path.write_bytes(wheel)
        # A wheel of pip can run itself, as a zip file on the path.
        command = [f"{venv}/bin/python", f"{path}/pip", "install", "--quiet", "--no-index", path]
        return subprocess.run(command, stdout=sys.stderr).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
