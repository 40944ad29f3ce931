"""Records of what the nodes of local runs were given, and what they made."""
