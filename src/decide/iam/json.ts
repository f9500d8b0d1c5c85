/** A JSON value that knows where it stands. Numbers and booleans are kept as they were written: policies compare them as text. */
export type Json = JsonScalar | JsonList | JsonObject;

export interface JsonScalar {
  readonly kind: "string" | "number" | "boolean" | "null";
  readonly text: string;
}

export interface JsonList {
  readonly kind: "list";
  readonly items: readonly Json[];
}

export interface JsonObject {
  readonly kind: "object";
  readonly members: ReadonlyMap<string, Json>;
  /** Offsets of its braces in the text. */
  readonly start: number;
  readonly end: number;
}

/** A policy needs seven levels. What nests deeper is an attack on the stack. */
const DEEPEST = 16;

/**
 * Reads JSON (RFC 8259); `undefined` where the text is not JSON, nests deeper than any policy does, or gives a key of one object twice,
 * which the grammar of policies forbids. Linear in the text, and never throws.
 */
export function readJson(text: string): Json | undefined {
  const reader = new Reader(text);
  const value = reader.value(0);
  return value !== undefined && reader.atEnd() ? value : undefined;
}

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#take(SPACE);
    return this.#at === this.#text.length;
  }

  value(depth: number): Json | undefined {
    if (depth > DEEPEST) return undefined;
    this.#take(SPACE);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#list(depth);
      case '"': {
        const text = this.#string();
        return text === undefined ? undefined : { kind: "string", text };
      }
      default:
        return this.#word();
    }
  }

  #object(depth: number): JsonObject | undefined {
    const start = this.#at;
    const members = new Map<string, Json>();
    this.#at++;
    if (this.#skip("}")) return { kind: "object", members, start, end: this.#at - 1 };
    do {
      this.#take(SPACE);
      const key = this.#string();
      if (key === undefined || members.has(key) || !this.#skip(":")) return undefined;
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      members.set(key, value);
    } while (this.#skip(","));
    return this.#skip("}") ? { kind: "object", members, start, end: this.#at - 1 } : undefined;
  }

  #list(depth: number): JsonList | undefined {
    const items: Json[] = [];
    this.#at++;
    if (this.#skip("]")) return { kind: "list", items };
    do {
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.#skip(","));
    return this.#skip("]") ? { kind: "list", items } : undefined;
  }

  #string(): string | undefined {
    const quoted = this.#quoted();
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
  }

  /** The text of a string with its quotes. Searched by hand: a regular expression overflows its stack on long strings. */
  #quoted(): string | undefined {
    if (this.#text[this.#at] !== '"') return undefined;
    let end = this.#at + 1;
    for (; end < this.#text.length; end++) {
      const char = this.#text.charCodeAt(end);
      if (char === QUOTE || char < 0x20) break;
      if (char === BACKSLASH) {
        ESCAPE.lastIndex = end;
        const escape = ESCAPE.exec(this.#text);
        if (!escape) return undefined;
        end += escape[0].length - 1;
      }
    }
    if (this.#text[end] !== '"') return undefined;
    const quoted = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return quoted;
  }

  #word(): JsonScalar | undefined {
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: "number", text: number };
    const word = this.#take(WORD);
    if (word === undefined) return undefined;
    return { kind: word === "null" ? "null" : "boolean", text: word };
  }

  #skip(char: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
