import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { sha256 } from "../../release/json.ts";
import type { ReleaseManifest } from "../../release/schema/manifest.ts";
import type { ModuleFile } from "../../release/schema/module.ts";
import type { ChartObject } from "../../release/schema/predicates.ts";

/** A chart as an OCI registry holds it: a manifest that names a configuration and one layer. */
export interface OciChart {
  readonly repository: string;
  /** The tag that Helm looks for: the version, with `_` for `+`. */
  readonly tag: string;
  readonly manifest: Buffer;
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  readonly blobs: readonly { readonly digest: string; readonly bytes: Buffer }[];
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

/**
 * The chart of one release of the reference platform: a Deployment for each image, made the same way for every module.
 * The real charts are not ours to copy; these have the same values, and bytes that are always the same.
 */
async function exampleChart(name: string, module: ModuleFile, version: string, appVersion: string): Promise<OciChart> {
  const metadata = {
    apiVersion: "v2",
    name,
    version,
    appVersion,
    type: "application",
    description: module.description,
  };
  const layer = gzipSync(
    await tarOf(name, { "Chart.yaml": `${JSON.stringify(metadata)}\n`, ...templates(name, module) }),
    {
      // Stored and not compressed: the same bytes from every zlib.
      level: 0,
    },
  );
  const config = Buffer.from(JSON.stringify(metadata));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor("application/vnd.cncf.helm.config.v1+json", config),
      layers: [descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", layer)],
    }),
  );
  return {
    repository: module.chart ?? "",
    tag: version.replace("+", "_"),
    manifest,
    digest: digestOf(manifest),
    blobs: [config, layer].map((bytes) => ({ digest: digestOf(bytes), bytes })),
  };
}

/** The chart that a release manifest of the reference platform names. */
export function chartOf(name: string, module: ModuleFile, manifest: ReleaseManifest): Promise<OciChart> {
  return exampleChart(name, module, manifest.chart?.version ?? "", manifest.appVersion);
}

function templates(name: string, module: ModuleFile): Record<string, string> {
  const annotations =
    module.annotations === undefined
      ? ""
      : `\n      annotations: {{- toYaml .Values.${module.annotations} | nindent 8 }}`;
  const envFrom =
    module.flagsFrom === undefined ? "" : `\n          envFrom: {{- toYaml .Values.${module.flagsFrom} | nindent 12 }}`;
  const images = Object.entries(module.images).filter(([, { path }]) => path !== undefined);
  return Object.fromEntries(
    images.map(([image, { path, form }]) => {
      const value = {
        ref: `{{ .Values.${path} }}`,
        "repo+tag": `{{ .Values.${path}.repository }}:{{ .Values.${path}.tag }}`,
        digest: `{{ .Values.${path}.repository }}@{{ .Values.${path}.digest }}`,
      }[form];
      const own = images.length > 1 ? `${name}-${image}` : name;
      // A chart that is installed beside itself calls everything after the Helm release.
      const slot = module.strategy === "slot";
      const text = deployment(slot ? "{{ .Release.Name }}" : own, value, annotations, rollout(module), envFrom);
      return [`templates/${image}.yaml`, slot ? `${text}---\n${SERVICE}` : text];
    }),
  );
}

/** What the chart of a slot renders to, as `helm template` would have it; one image is enough for an example. */
export function slotObjects(slot: string): ChartObject[] {
  const selector = { "app.kubernetes.io/name": slot };
  return [
    { kind: "Service", name: slot, selector },
    { kind: "Deployment", name: slot, selector },
  ];
}

/** How many Pods, and how they are replaced where a module says so. */
function rollout({ values, scaleDown }: ModuleFile): string {
  // To `default`, none is as good as nothing said.
  const replicas =
    scaleDown === undefined
      ? "{{ .Values.replicaCount | default 1 }}"
      : `{{ ternary .Values.${scaleDown} 1 (hasKey .Values "${scaleDown}") }}`;
  return `${replicas}${"strategy" in values ? "\n  strategy: {{- toYaml .Values.strategy | nindent 4 }}" : ""}`;
}

const SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { app.kubernetes.io/name: {{ .Release.Name }} }
  ports: [{ port: 80, targetPort: 8080 }]
`;

function deployment(name: string, image: string, annotations: string, rollout: string, envFrom: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${rollout}
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name} }${annotations}
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: main
          image: ${JSON.stringify(image)}${envFrom}
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
          readinessProbe: { tcpSocket: { port: 8080 } }
`;
}

async function tarOf(name: string, files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [path, text] of Object.entries(files))
    archive.entry({ name: `${name}/${path}`, mtime: new Date(0), mode: 0o644 }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${sha256(bytes)}`;
}
