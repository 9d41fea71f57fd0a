"""Where rows live; the only room that names a database."""
