# Servers and tools around OCI registries, and what others sign and check with.
need docker-registry docker-registry
need skopeo skopeo
need htpasswd apache2-utils

# A test starts a Docker daemon of its own. The package starts the system's as well, except where a policy forbids it, as in
# Debian's container images.
if [ -x /usr/sbin/policy-rc.d ]; then
  need dockerd docker.io
fi

registry_tools() {
  have go || return 0
  have cosign || GOBIN="$TOOLS/bin" go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3 || echo "ci: cosign could not be built"
  have helm || GOBIN="$TOOLS/bin" go install helm.sh/helm/v3/cmd/helm@v3.22.0 || echo "ci: helm could not be built"
  have crane || GOBIN="$TOOLS/bin" go install github.com/google/go-containerregistry/cmd/crane@v0.20.6 || echo "ci: crane could not be built"
}
later registry_tools
