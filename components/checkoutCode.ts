/**
 * Loads a module of the checkout that a program is in, by its path from `Pulumi.yaml`, such as `./clients/liveFlag.ts`.
 *
 * The engine keeps a dynamic provider as the text of its functions, and of what they call, and runs them in a process of its
 * own, in the program's folder. So those are few and short, take no module along, and load the checkout's own code with
 * this: its changes are no changes of the resource.
 */
export function loadFromCheckout(path: string): unknown {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { dirname, join } = process.getBuiltinModule("node:path");
  const { createRequire } = process.getBuiltinModule("node:module");
  let root = process.cwd();
  while (!existsSync(join(root, "Pulumi.yaml")) && dirname(root) !== root) root = dirname(root);
  return createRequire(join(root, "Pulumi.yaml"))(path);
}
