"""A web page to try models on photos; needs the extra `[demo]`."""
