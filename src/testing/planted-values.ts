import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Secret values that must not turn up anywhere, by what they are. */
export class PlantedValues {
  readonly #values = new Map<string, Buffer>();

  /** A new text that occurs nowhere by chance, with characters that every encoding writes differently. */
  text(what: string): string {
    const value = `pl4nted/${randomBytes(12).toString("hex")}+"&\\= ~`;
    this.note(what, value);
    return value;
  }

  bytes(what: string, length = 32): Buffer {
    const value = randomBytes(length);
    this.note(what, value);
    return value;
  }

  /** A value that the server made. */
  note(what: string, value: string | Uint8Array | undefined): void {
    const bytes = Buffer.from(value ?? "");
    if (bytes.length < SHORTEST) throw new Error(`${what} is too short to be looked for, or was not given`);
    this.#values.set(`${what} #${this.#values.size + 1}`, bytes);
  }

  get size(): number {
    return this.#values.size;
  }

  /** What is found in a text or file, as `what (encoding)`. */
  foundIn(content: Buffer): readonly string[] {
    return [...this.#values].flatMap(([what, value]) =>
      encodingsOf(value).flatMap(([encoding, written]) => (content.includes(written) ? [`${what} (${encoding})`] : [])),
    );
  }

  /** What is found in the files of a folder, as `file: what (encoding)`. */
  foundUnder(folder: string): readonly string[] {
    return filesUnder(folder).flatMap((file) => this.foundIn(readFileSync(join(folder, file))).map((found) => `${file}: ${found}`));
  }
}

/** Fewer would turn up by chance. */
const SHORTEST = 8;

export function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

/** The ways in which a value may have been written. */
export function encodingsOf(value: Buffer): readonly (readonly [string, Buffer])[] {
  const text = value.toString("latin1");
  const written: [string, string][] = [
    ["clear", text],
    ["hex", value.toString("hex")],
    ["upper-case hex", value.toString("hex").toUpperCase()],
    ["percent-encoded", [...value].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("")],
    ["UTF-16", Buffer.from(text, "utf16le").toString("latin1")],
    ["JSON string", JSON.stringify(value.toString()).slice(1, -1)],
    ["JSON string in a JSON string", JSON.stringify(JSON.stringify(value.toString()).slice(1, -1)).slice(1, -1)],
    ["URI component", encodeURIComponent(value.toString())],
    ["form", new URLSearchParams({ "": value.toString() }).toString().slice(1)],
    ["bytes as JSON numbers", [...value].join(",")],
  ];
  // Base64 of something that holds the value looks different with each of three beginnings.
  for (const shift of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(shift), value]);
    const base64 = whole.toString("base64").slice(shift === 0 ? 0 : shift + 1, Math.floor((whole.length * 8) / 6));
    written.push([`base64 from ${shift}`, base64], [`base64url from ${shift}`, base64.replaceAll("+", "-").replaceAll("/", "_")]);
  }
  // What a value of bytes has no text for is no longer the value.
  const isText = Buffer.from(value.toString()).equals(value);
  return written
    .filter(([encoding]) => isText || !/JSON string|URI|form/.test(encoding))
    .map(([encoding, one]) => [encoding, Buffer.from(one, "latin1")]);
}
