"""One file per format; the registry finds them by looking here."""
