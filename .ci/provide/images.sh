# What builds images, and what makes the base that they are built on: none can be pulled. The test makes the base once.
need buildah buildah
need debootstrap debootstrap
need unshare util-linux
need ip iproute2
need runc runc

BUILDKIT=v0.25.2
BUILDX=v0.29.1

# Their own go.mod excludes versions of others, which `go install` refuses to do for a module that is not the main one.
image_builder() {
  local module="$1" version="$2" program="$3" source folder
  have "$program" && return 0
  folder=$(mktemp -d)
  echo "ci: building $program $version, for some minutes"
  source=$(cd "$folder" && go mod download -json "$module@$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  { echo "module example.org/tools"; sed -n 's/^\(go .*\)$/\1/p' "$source"; echo "require $module $version"; } >"$folder/go.mod" \
    && (cd "$folder" && GOFLAGS=-mod=mod CGO_ENABLED=0 GOBIN="$TOOLS/bin" \
      go install -ldflags "-s -w -X $module/version.Version=$version" "$module/cmd/$program") \
    || echo "ci: $program could not be built"
  rm -rf "$folder"
}

# BuildKit and the plugin by which Docker's client talks to it.
image_builders() {
  have go || return 0
  image_builder github.com/moby/buildkit "$BUILDKIT" buildkitd
  image_builder github.com/docker/buildx "$BUILDX" buildx
}
later image_builders
