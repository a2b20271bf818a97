"""Tools that make outlines: arrays in, arrays out."""
