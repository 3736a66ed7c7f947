// A port would have its hardware layer here.
