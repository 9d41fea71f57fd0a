"""What is served over HTTP: the endpoint of the journal; no rule of the domain lives here."""
