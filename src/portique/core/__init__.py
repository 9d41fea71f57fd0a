"""Words and values; imports nothing of ours."""
