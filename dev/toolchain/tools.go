//go:build tools

// Package toolchain names the main packages of other modules that are built with this module's versions.
package toolchain

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "helm.sh/helm/v4/cmd/helm"
)
