"""Proof of the doctor: trainings with one fault each, and trainings without any.

`make doctor-proof` runs `zoo.diagnose` on all of them. Not part of what is installed.
"""
