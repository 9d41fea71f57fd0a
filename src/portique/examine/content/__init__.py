"""Messages, contacts, calls and identities in the image of a phone's flash."""
