"""The product's main job, end to end and through public doors only: `make smoke`."""
