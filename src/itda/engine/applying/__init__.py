"""What holds is what was applied last; the files say what would hold if they were applied now."""
