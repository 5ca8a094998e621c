"""What stands over the pictures besides captions: cards, hooks, lower thirds, progress bars, watermarks."""
