"""The face in napari. Nothing here measures; it shows values and hands wishes to the workflows."""
