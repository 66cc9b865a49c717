// The pack's host registers ts-node for a .ts main, with type checking at every start; behind this line Node strips the types.
import "./pack.ts";
