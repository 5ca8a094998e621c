"""Effects: one small MoviePy `Effect` a file, over clips whose frames are planar (see `engines.visuals.planar`)."""
