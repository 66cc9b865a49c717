# What a canary is watched with. Unleash and its database are installed by the test that needs them. The package of
# Prometheus starts a server of the system's as well, except where a policy forbids it, as in Debian's container images.
if [ -x /usr/sbin/policy-rc.d ]; then
  need prometheus prometheus
fi
