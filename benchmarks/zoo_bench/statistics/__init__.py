"""What may be claimed of scores over seeds, tasks and test rows. No torch, and scipy in parts.

Two questions are kept apart: whether two trained classifiers differ on a test set, and whether one
pair is better than another. A leaderboard claims the second, so the variation over seeds is in
every error bar.
"""
