"""Numbers out of voxels and outlines: sums per slice and structure first, every measure from these sums."""
