"""Forms of capture file: one file each."""
