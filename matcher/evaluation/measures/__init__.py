"""What an evaluation measures: metrics, intervals, calibration, fairness and slices."""
