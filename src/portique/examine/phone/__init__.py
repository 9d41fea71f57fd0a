"""The whole examination of one phone's image: its parts, its firmware and its content."""
