"""Files become volumes and label maps in patient millimetres; voxels are fetched when somebody looks at them."""
