# Simulated nodes for a real API server: what becomes of Pods is written in the tests.
kwok_tool() {
  have go && ! have kwok || return 0
  GOBIN="$TOOLS/bin" go install sigs.k8s.io/kwok/cmd/kwok@v0.8.0 || echo "ci: kwok could not be built"
}
later kwok_tool
