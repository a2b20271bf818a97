"""Qt widgets: each edits or shows one value."""
