/** What the expressions of a workflow may name: github, inputs, needs, matrix, vars, secrets, runner, steps. */
export type Contexts = Readonly<Record<string, unknown>>;

/** Replaces every `${{ … }}` of a text by its value, as the forge does. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, source: string) => shown(evaluate(source, contexts)));
}

/** The value of a text that is one expression, with or without its braces. */
export function evaluate(text: string, contexts: Contexts): unknown {
  const source = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(text)?.[1] ?? text;
  const parser = new Parser(source, contexts);
  return parser.whole();
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const TOKEN = /\s*('(?:[^']|'')*'|&&|\|\||==|!=|[!().,*]|[A-Za-z_][\w-]*|\d+)/y;

/** The part of the language that the workflows use: whatever is not in it is an error, never a guess. */
class Parser {
  readonly #tokens: string[] = [];
  readonly #contexts: Contexts;
  #at = 0;

  constructor(source: string, contexts: Contexts) {
    this.#contexts = contexts;
    const text = source.trim();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const at = TOKEN.lastIndex;
      const [, token] = TOKEN.exec(text) ?? [];
      if (token === undefined) throw new Error(`cannot read the expression ${text} from ${text.slice(at)} on`);
      this.#tokens.push(token);
    }
  }

  whole(): unknown {
    const value = this.#or();
    if (this.#at < this.#tokens.length) throw new Error(`cannot read ${this.#tokens.slice(this.#at).join(" ")}`);
    return value;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #or(): unknown {
    let value = this.#and();
    while (this.#take("||")) {
      const right = this.#and();
      value = value || right;
    }
    return value;
  }

  #and(): unknown {
    let value = this.#compared();
    while (this.#take("&&")) {
      const right = this.#compared();
      value = value && right;
    }
    return value;
  }

  #compared(): unknown {
    const left = this.#unary();
    if (this.#take("==")) return (left ?? "") === (this.#unary() ?? "");
    if (this.#take("!=")) return (left ?? "") !== (this.#unary() ?? "");
    return left;
  }

  #unary(): unknown {
    if (this.#take("!")) return !this.#unary();
    if (this.#take("(")) {
      const value = this.#or();
      if (!this.#take(")")) throw new Error("a bracket is not closed");
      return value;
    }
    return this.#value();
  }

  #value(): unknown {
    const token = this.#tokens[this.#at++] ?? "";
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d+$/.test(token)) return Number(token);
    if (this.#take("(")) return this.#call(token);
    if (!(token in this.#contexts)) throw new Error(`there is no ${token} here`);
    let value: unknown = this.#contexts[token];
    while (this.#take(".")) {
      const key = this.#tokens[this.#at++] ?? "";
      if (key === "*") value = Object.values((value ?? {}) as object);
      else value = Array.isArray(value) ? value.map((item) => property(item, key)) : property(value, key);
    }
    return value;
  }

  #call(name: string): unknown {
    const args: unknown[] = [];
    while (!this.#take(")")) {
      args.push(this.#or());
      this.#take(",");
    }
    const [first, second] = args;
    if (name === "always") return true;
    if (name === "cancelled") return false;
    if (name === "fromJSON") return JSON.parse(String(first));
    if (name === "join") return (first as unknown[]).join(String(second));
    if (name === "endsWith") return String(first ?? "").endsWith(String(second));
    if (name === "contains") return (first as unknown[]).includes(second);
    throw new Error(`there is no function ${name} here`);
  }
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
