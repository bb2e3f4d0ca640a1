"""Measures for ranked answers: metrics, bootstrap intervals, calibration, fairness and slices."""
