"""The measurements of the scripts; importing them imports TensorFlow."""
