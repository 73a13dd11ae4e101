"""The local cluster and the images: what stands between a fresh Debian machine and ``make demo``.

In: a machine with root, Go and apt. Out: a single-node Kubernetes in namespaces of its own, with the project's images
in its containerd, and a kubeconfig. The order of reading: machine, toolchain, images (both build), then cluster, which
starts ``node_init`` as the first process of the node's namespaces, which starts what ``node`` lists.

Standard library only: this runs before any virtual environment exists.
"""
