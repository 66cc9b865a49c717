# The Pulumi CLI with its language host, as the workflows install it, and its Kubernetes provider.
need curl curl

PULUMI_KUBERNETES=$(sed -n 's#.*"@pulumi/kubernetes": "\(.*\)".*#\1#p' package.json)

pulumi_cli() {
  have pulumi && have pulumi-language-nodejs && return 0
  RUNNER_TEMP="$TOOLS" GITHUB_PATH=/dev/null .github/install-pulumi >/dev/null 2>&1 \
    && ln -sf "$TOOLS"/pulumi-cli/pulumi/* "$TOOLS/bin/" || echo "ci: the Pulumi CLI could not be had"
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
