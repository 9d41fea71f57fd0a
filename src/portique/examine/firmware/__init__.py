"""Images of mini-phones: what lies in them, unpacked, with what could not be read."""
