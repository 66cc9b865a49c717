# A real Kubernetes API with its controllers and a simulated node: etcd, and what is built from the Go modules.
need etcd etcd-server

KUBERNETES=1.36.3
KWOK=v0.8.0

# Kubernetes' own go.mod takes its staging modules from folders beside it, which the Go proxy does not have. This module
# takes them from where they are published: v0.x.y beside v1.x.y.
kubernetes_module() {
  local source
  source=$(cd "$1" && go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p') || return 1
  [ -n "$source" ] || return 1
  {
    echo "module example.org/tools"
    sed -n 's/^\(go .*\)$/\1/p' "$source"
    echo "require k8s.io/kubernetes v$KUBERNETES"
    sed -n "s#^[[:space:]]*\(replace \)\{0,1\}\(k8s.io/[a-z0-9-]*\) => ./staging/.*#replace \2 => \2 v0.${KUBERNETES#1.}#p" "$source"
  } >"$1/go.mod"
}

kubernetes() {
  have go || return 0
  have kwok || GOBIN="$TOOLS/bin" go install "sigs.k8s.io/kwok/cmd/kwok@$KWOK" || echo "ci: kwok could not be built"
  local program missing=()
  for program in kube-apiserver kube-controller-manager kubectl; do
    have "$program" || missing+=("k8s.io/kubernetes/cmd/$program")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local folder
  folder=$(mktemp -d)
  echo "ci: building ${missing[*]##*/} $KUBERNETES, for some minutes"
  local version="-X k8s.io/component-base/version.gitVersion=v$KUBERNETES"
  kubernetes_module "$folder" \
    && (cd "$folder" && GOFLAGS=-mod=mod CGO_ENABLED=0 GOBIN="$TOOLS/bin" go install -ldflags "-s -w $version" "${missing[@]}") \
    || echo "ci: ${missing[*]##*/} could not be built"
  rm -rf "$folder"
}
later kubernetes
