"""Settings of the documentation: `sphinx-build -W docs docs/_build`."""

from s2sad.version import __version__

project = "s2sad"
author = "s2sad developers"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
exclude_patterns = ["_build"]
html_theme = "furo"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
myst_heading_anchors = 2
# The README stands above this folder, and code in it is Markdown, not reStructuredText.
suppress_warnings = ["myst.xref_missing"]
