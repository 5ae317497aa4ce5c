"""Derivative rules: parsing, transposition, and the registry that finds them."""
