"""The life of a consent between the question and its end: asked, refused, lapsed."""
