"""What is measured: NumPy, per example, masked; averages are named."""
