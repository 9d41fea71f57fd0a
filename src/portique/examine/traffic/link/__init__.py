"""Link layers: one file each; all answer with the kind of packet inside and where it starts."""
