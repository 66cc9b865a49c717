# The Pulumi CLI with its language host, held against the checksum that is published beside it, and its Kubernetes provider.
need curl curl

PULUMI=3.259.0
PULUMI_KUBERNETES=4.34.2

pulumi_cli() {
  have pulumi && have pulumi-language-nodejs && return 0
  local base="https://github.com/pulumi/pulumi/releases/download/v$PULUMI" archive="pulumi-v$PULUMI-linux-x64.tar.gz" folder
  folder=$(mktemp -d)
  (cd "$folder" \
    && curl -fsSLO --max-time 600 "$base/$archive" \
    && curl -fsSL --max-time 60 "$base/pulumi-$PULUMI-checksums.txt" | grep " $archive\$" | sha256sum --check --status \
    && tar -xzf "$archive" && cp pulumi/* "$TOOLS/bin/") 2>/dev/null || echo "ci: the Pulumi CLI could not be had"
  rm -rf "$folder"
}
later pulumi_cli

pulumi_kubernetes() {
  have pulumi || return 0
  have pulumi-resource-kubernetes && return 0
  local home="$TOOLS/pulumi"
  PULUMI_HOME="$home" pulumi plugin install resource kubernetes "$PULUMI_KUBERNETES" >/dev/null 2>&1 \
    && ln -sf "$home/plugins/resource-kubernetes-v$PULUMI_KUBERNETES/pulumi-resource-kubernetes" "$TOOLS/bin/" \
    || echo "ci: Pulumi's Kubernetes provider could not be had"
}
later pulumi_kubernetes
