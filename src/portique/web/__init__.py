"""What is served over HTTP: the narrow endpoint of the journal; no rule of the domain lives here."""
