# A stand-in for AWS.
moto() {
  have python3 && ! have moto_server || return 0
  python3 -m venv "$TOOLS/python" && "$TOOLS/python/bin/pip" install -q 'moto[server,kms]==5.2.5' \
    && ln -sf "$TOOLS/python/bin/moto_server" "$TOOLS/bin/moto_server" || echo "ci: moto could not be installed"
}
later moto
