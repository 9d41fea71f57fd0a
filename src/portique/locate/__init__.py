"""Phones -> prison, user and cell, each with a strength."""
