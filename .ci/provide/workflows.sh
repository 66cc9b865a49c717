# What checks the workflows.
workflow_linters() {
  if have go; then
    have actionlint || GOBIN="$TOOLS/bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 \
      || echo "ci: actionlint could not be built"
  fi
  if have python3 && ! have zizmor; then
    python3 -m venv "$TOOLS/zizmor" && "$TOOLS/zizmor/bin/pip" install -q 'zizmor==1.32.0' \
      && ln -sf "$TOOLS/zizmor/bin/zizmor" "$TOOLS/bin/zizmor" || echo "ci: zizmor could not be installed"
  fi
}
later workflow_linters
need jq jq
