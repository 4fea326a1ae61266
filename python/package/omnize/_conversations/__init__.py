"""The conversations, and the values and fields of their requests."""
