"""What lasts between two sittings: labels while they are painted, and files converted once."""
