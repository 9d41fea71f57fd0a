"""Sealed phone to findings: what was looked for, found, not found, and could not be looked at."""
