"""The verifier that goes into every pack: one file, which needs nothing of this program."""
