"""What we say: a message in every channel and language, its templates, and how they are filled for one person."""
