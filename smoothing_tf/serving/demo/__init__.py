"""A page on which people try an export, by calling its signatures alone."""
