"""The chart and the image: what is rendered is what the processes really take."""
