"""Requirements of the nodes on a Kubernetes cluster."""
