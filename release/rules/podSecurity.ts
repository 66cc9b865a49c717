import { type Fields, type Lack, oneOf } from "../kubernetes/fields.ts";

/** Kinds of volumes that keep a Pod away from its node. */
const VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** Kernel settings that are the Pod's own and harm no neighbour. */
const SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const PROFILES = ["RuntimeDefault", "Localhost"];
const NO = "must be false or left out";

/**
 * What a Pod lacks of the Restricted profile of the Pod Security Standards, as of Kubernetes 1.36.
 * See https://kubernetes.io/docs/concepts/security/pod-security-standards/
 * @param partial whether the specification only changes some of an object: then what is left out is not lacking
 */
export function podSecurityLacks(spec: Fields, partial: boolean): Lack[] {
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((key) => spec.each(key));
  const context = spec.in("securityContext");
  const windows = spec.in("os").get("name") === "windows";
  return [
    ...["initContainers", "containers", "ephemeralContainers", "volumes"].flatMap((key) => spec.shaped(key, "list")),
    ...["hostNetwork", "hostPID", "hostIPC"].flatMap((key) => spec.must(key, oneOf(false), NO, "false")),
    ...spec.each("volumes").flatMap(volumeLacks),
    ...spec.shaped("securityContext", "object"),
    ...contextLacks(context),
    ...sysctlLacks(context),
    ...nonRootLacks(spec, context, containers, partial),
    ...(windows ? [] : seccompLacks(spec, context, containers, partial)),
    ...containers.flatMap((container) => containerLacks(container, windows, partial)),
  ];
}

/** AppArmor profiles as they were written before Kubernetes 1.30, which it still reads. */
export function annotationLacks(annotations: Fields): Lack[] {
  const asked = (value: unknown) => typeof value === "string" && /^(runtime\/default|localhost\/.+|)$/.test(value);
  return annotations
    .keys()
    .filter((key) => key.startsWith("container.apparmor.security.beta.kubernetes.io/"))
    .flatMap((key) =>
      annotations.must(key, asked, "must be runtime/default or localhost/<profile>", "runtime/default"),
    );
}

function volumeLacks(volume: Fields): Lack[] {
  const kinds = volume.keys().filter((key) => key !== "name");
  const text = `${volume.path} must be one of ${[...VOLUMES].join(", ")}`;
  // A volume that names no kind is an emptyDir.
  return kinds.every((kind) => VOLUMES.has(kind)) ? [] : [{ text, line: `${volume.path}.emptyDir: {}` }];
}

/** What holds for the context of a Pod and for that of a container. */
function contextLacks(context: Fields): Lack[] {
  const seLinux = context.in("seLinuxOptions");
  return [
    ...context.shaped("seLinuxOptions", "object"),
    ...seLinux.must("type", oneOf(...SELINUX_TYPES), "must be one of the container types", "container_t"),
    ...seLinux.must("user", oneOf(""), "must be left out", '""'),
    ...seLinux.must("role", oneOf(""), "must be left out", '""'),
    ...context.shaped("appArmorProfile", "object"),
    ...context
      .in("appArmorProfile")
      .must("type", oneOf(...PROFILES), "must be RuntimeDefault or Localhost", "RuntimeDefault"),
    ...context.shaped("windowsOptions", "object"),
    ...context.in("windowsOptions").must("hostProcess", oneOf(false), NO, "false"),
    ...context.must(
      "runAsUser",
      (user) => user === undefined || (typeof user === "number" && user > 0),
      NOT_ROOT,
      "1000",
    ),
  ];
}

const NOT_ROOT = "must be a user other than 0, or left out";

function sysctlLacks(context: Fields): Lack[] {
  return [
    ...context.shaped("sysctls", "list"),
    ...context
      .each("sysctls")
      .flatMap((sysctl) =>
        sysctl.must("name", (name) => SYSCTLS.has(String(name)), "must be one that harms no neighbour", "<another>"),
      ),
  ];
}

function nonRootLacks(spec: Fields, context: Fields, containers: readonly Fields[], partial: boolean): Lack[] {
  const rule = "must be true";
  const own = containers.map((container) => container.in("securityContext"));
  const said = [context, ...own]
    .filter((each) => each.has("runAsNonRoot"))
    .flatMap((each) => each.must("runAsNonRoot", oneOf(true), rule, "true"));
  const silent = !context.has("runAsNonRoot") && own.some((each) => !each.has("runAsNonRoot"));
  if (!silent || partial) return said;
  return [...said, ...spec.in("securityContext").must("runAsNonRoot", () => false, rule, "true")];
}

function seccompLacks(spec: Fields, context: Fields, containers: readonly Fields[], partial: boolean): Lack[] {
  const rule = "must be RuntimeDefault or Localhost";
  const own = containers.map((container) => container.in("securityContext"));
  const said = [context, ...own]
    .filter((each) => each.has("seccompProfile"))
    .flatMap((each) => [
      ...each.shaped("seccompProfile", "object"),
      ...each.in("seccompProfile").must("type", (type) => PROFILES.includes(String(type)), rule, "RuntimeDefault"),
    ]);
  const silent = !context.has("seccompProfile") && own.some((each) => !each.has("seccompProfile"));
  if (!silent || partial) return said;
  const profile = spec.in("securityContext").in("seccompProfile");
  return [...said, ...profile.must("type", () => false, rule, "RuntimeDefault")];
}

function containerLacks(container: Fields, windows: boolean, partial: boolean): Lack[] {
  const context = container.in("securityContext");
  const capabilities = context.in("capabilities");
  const left = (value: unknown) => partial && value === undefined;
  const dropsAll = (drop: unknown) => left(drop) || (Array.isArray(drop) && drop.includes("ALL"));
  const addsLittle = (add: unknown) =>
    add === undefined || (Array.isArray(add) && add.every((each) => each === "NET_BIND_SERVICE"));
  const escalation = (value: unknown) => value === false || left(value);
  return [
    ...container.shaped("securityContext", "object"),
    ...contextLacks(context),
    ...context.must("privileged", oneOf(false), NO, "false"),
    ...context.must("procMount", oneOf("Default"), "must be Default or left out", "Default"),
    ...(windows
      ? []
      : [
          ...context.must("allowPrivilegeEscalation", escalation, "must be false", "false"),
          ...capabilities.must("drop", dropsAll, "must hold ALL", "[ALL]"),
          ...capabilities.must("add", addsLittle, "must hold nothing but NET_BIND_SERVICE", "[]"),
        ]),
    ...container.shaped("ports", "list"),
    ...container.each("ports").flatMap((port) => port.must("hostPort", oneOf(0), "must be left out", "0")),
    ...hostLacks(container),
  ];
}

/** A probe or hook that names a host could be made to speak to others from the node. */
function hostLacks(container: Fields): Lack[] {
  const lifecycle = container.in("lifecycle");
  const handlers = [
    ...["livenessProbe", "readinessProbe", "startupProbe"].map((key) => container.in(key)),
    ...["postStart", "preStop"].map((key) => lifecycle.in(key)),
  ];
  return handlers.flatMap((handler) =>
    ["httpGet", "tcpSocket"].flatMap((key) => handler.in(key).must("host", oneOf(""), "must be left out", '""')),
  );
}
