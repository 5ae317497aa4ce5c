"""The version of s2sad: the only place where it stands."""

__version__ = "0.1.0"
