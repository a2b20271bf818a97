"""How muscles of the lumbar spine and of the hip are associated: tables in, tables out."""
