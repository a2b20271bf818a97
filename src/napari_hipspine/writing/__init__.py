"""Results as files: tables, reports, label maps."""
