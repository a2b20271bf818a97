"""Words and shapes: everything the rooms above agree on. Imports numpy and the standard library only."""
