"""Lawful source -> rows, with file hash and line number."""
