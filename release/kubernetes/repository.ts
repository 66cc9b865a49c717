/**
 * A repository with its registry, as runtimes complete it: `nginx` is `docker.io/library/nginx`. The first part is a
 * registry only if it has a dot or a port, or is `localhost`; that is the rule of the distribution specification's
 * reference implementation.
 */
export function fullRepository(repository: string): string {
  const [first = "", ...rest] = repository.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const [host, path] = hasHost ? [first, rest.join("/")] : ["docker.io", repository];
  if (host !== "docker.io" && host !== "index.docker.io" && host !== "registry-1.docker.io") return `${host}/${path}`;
  return `docker.io/${path.includes("/") ? path : `library/${path}`}`;
}
