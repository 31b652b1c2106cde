"""What the harness itself costs: a leaderboard of thousands of runs, a run that does nothing."""
