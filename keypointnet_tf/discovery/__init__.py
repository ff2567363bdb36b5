"""OrientNet, KeypointNet, their losses, training and prediction."""
