import { readdirSync, readFileSync } from "node:fs";

/** Every process below one, from `/proc`. */
export function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}

function childrenOf(pid: number): number[] {
  try {
    // Each thread has children of its own.
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"));
    return lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Ends a plugin of the Pulumi CLI, if this is still one. */
export function endPlugin(pid: number): void {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pulumi")) process.kill(pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}
