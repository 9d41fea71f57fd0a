"""Captures of a phone that ran alone in a lab: what it sent, to whom, to which country."""
