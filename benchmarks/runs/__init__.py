"""What the scripts measure; importing it imports TensorFlow."""
