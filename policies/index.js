import { flushCompileCache } from "node:module";
// The pack's host registers ts-node for a .ts main, with type checking at every start; behind this line Node strips the types.
import "./pack.ts";

// Whoever starts the pack may have named a folder for compiled code. It is ended and does not end by itself, so it writes now.
flushCompileCache();
