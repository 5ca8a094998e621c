"""Stock pictures and clips: what a scene needs, what suits it, and which scene gets which. No network here."""
