"""What happened, by whom, under what authority: signed entries in a log that proves itself."""
