"""A trained model as files for other runtimes: SavedModel, LiteRT, ONNX."""
