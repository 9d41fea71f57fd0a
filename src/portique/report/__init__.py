"""Figures and pages, each number with where it comes from."""
