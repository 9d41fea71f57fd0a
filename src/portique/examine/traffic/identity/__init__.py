"""The planted identifiers, every form in which they may leave, and the search for them."""
