"""What the nodes need on a Kubernetes cluster."""
