"""Phones -> offences."""
