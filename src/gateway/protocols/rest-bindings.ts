import { MalformedRequestError } from "../malformed.ts";
import type { HttpTrait, NamedMember, OperationSchema, Shape } from "../schema.ts";
import type { WireRequest } from "./protocol.ts";
import { readLabels } from "./rest-route.ts";
import { readScalar, scalarText } from "./scalar-text.ts";

export type Structure = Shape & { readonly kind: "structure" | "union" };
type Members = Readonly<Record<string, unknown>>;

/** Reads and writes what a body holds; the REST protocols differ in this alone. */
export interface BodyCodec {
  readonly contentType: string;
  /** Members of the input that are bound to nothing else. @throws MalformedRequestError */
  readMembers(shape: Structure, members: readonly NamedMember[], body: Buffer): Members;
  /** A member that is the whole body. @throws MalformedRequestError */
  readPayload(member: NamedMember, body: Buffer): unknown;
  writeMembers(shape: Structure, members: readonly NamedMember[], value: Members): string;
  writePayload(member: NamedMember, value: unknown): string;
}

/** Reads an input from path, query, headers and body. @throws MalformedRequestError */
export function readBound(operation: OperationSchema, request: WireRequest, codec: BodyCodec): Members {
  const { input, http } = operation;
  if (!input || !http) return {};
  const shape = structure(input);
  const read = reader(shape, http, request);
  const inBody = shape.members.filter(({ binding }) => binding.kind === "body");
  const fromBody = inBody.length === 0 || hasPayload(shape) ? {} : codec.readMembers(shape, inBody, request.body);
  const result: Record<string, unknown> = { ...fromBody };
  for (const member of shape.members) {
    if (member.binding.kind === "body") continue;
    const found = member.binding.kind === "payload" ? readPayload(member, request.body, codec) : read(member);
    if (found !== undefined) result[member.name] = found;
  }
  return result;
}

function readPayload(member: NamedMember, body: Buffer, codec: BodyCodec): unknown {
  if (member.shape.kind === "blob") return body;
  if (body.length === 0) return undefined;
  return member.shape.kind === "string" ? body.toString("utf8") : codec.readPayload(member, body);
}

/** Reads a member that lies outside of the body; `undefined` where it is not there. */
function reader(shape: Structure, http: HttpTrait, { target, url, headers }: WireRequest): (member: NamedMember) => unknown {
  const labels = readLabels(http, target);
  const query = url.searchParams;
  const named = new Set(shape.members.flatMap(({ binding }) => (binding.kind === "query" ? [binding.name] : [])));
  return ({ name, shape: of, binding }) => {
    switch (binding.kind) {
      case "label": {
        const text = labels.get(name);
        return text === undefined ? undefined : readScalar(of, text, name);
      }
      case "query":
        return readTexts(of, query.getAll(binding.name), name);
      case "query-parameters": {
        const names = [...new Set(query.keys())].filter((one) => !named.has(one) && !one.startsWith("X-Amz-"));
        return readTextMap(of, names, (one) => query.getAll(one));
      }
      case "header": {
        const text = headers[binding.name];
        return text === undefined ? undefined : readTexts(of, of.kind === "list" ? headerItems(text, of) : [text], name);
      }
      case "prefixed-headers": {
        const names = Object.keys(headers).filter((one) => one.startsWith(binding.prefix));
        const found = readTextMap(of, names, (one) => [headers[one] ?? ""]);
        return Object.fromEntries(Object.entries(found ?? {}).map(([key, value]) => [key.slice(binding.prefix.length), value]));
      }
      default:
        return undefined;
    }
  };
}

function readTexts(shape: Shape, texts: readonly string[], path: string): unknown {
  if (shape.kind === "list") return texts.length === 0 ? undefined : texts.map((text) => readScalar(shape.item.shape, text, path));
  const [first] = texts;
  return first === undefined ? undefined : readScalar(shape, first, path);
}

function readTextMap(
  shape: Shape,
  names: readonly string[],
  textsOf: (name: string) => readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  if (shape.kind !== "map" || names.length === 0) return undefined;
  // fromEntries defines properties, so that a name such as __proto__ is only a name.
  return Object.fromEntries(names.map((name) => [name, readTexts(shape.value.shape, textsOf(name), name)]));
}

/** The items of a list in a header: parted by commas outside of quotation marks; times have a comma of their own. */
function headerItems(text: string, { item }: Shape & { readonly kind: "list" }): readonly string[] {
  const isTime = item.shape.kind === "timestamp" && (item.shape.format ?? "http-date") === "http-date";
  const pattern = isTime ? /[^,]+,[^,]+/g : /\s*"(?:[^"\\]|\\.)*"\s*(?=,|$)|[^,]+/g;
  return [...text.matchAll(pattern)].map(([found]) => unquoted(found.trim())).filter((one) => one !== "");
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}

export interface BoundAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Writes an output, or an error's members, as headers, status and body. */
export function writeBound(of: Shape, value: Members, codec: BodyCodec): BoundAnswer {
  const shape = structure(of);
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const { name, shape: kind, binding } of shape.members) {
    const found = value[name];
    if (found === undefined || found === null) continue;
    if (binding.kind === "status") status = found as number;
    else if (binding.kind === "header") headers[binding.name] = headerText(kind, found);
    else if (binding.kind === "prefixed-headers")
      for (const [key, text] of Object.entries(found)) headers[`${binding.prefix}${key.toLowerCase()}`] = String(text);
  }
  const { contentType, body } = writeBody(shape, value, codec);
  return { status, headers: { ...(contentType === undefined ? {} : { "content-type": contentType }), ...headers }, body };
}

function writeBody(
  shape: Structure,
  value: Members,
  codec: BodyCodec,
): { readonly contentType?: string; readonly body: string | Uint8Array } {
  const payload = shape.members.find(({ binding }) => binding.kind === "payload");
  if (!payload) {
    const inBody = shape.members.filter(({ binding }) => binding.kind === "body");
    return { contentType: codec.contentType, body: codec.writeMembers(shape, inBody, value) };
  }
  const found = value[payload.name];
  if (found === undefined || found === null) return { body: "" };
  if (payload.shape.kind === "blob") return { contentType: "application/octet-stream", body: found as Uint8Array };
  if (payload.shape.kind === "string") return { contentType: "text/plain", body: found as string };
  return { contentType: codec.contentType, body: codec.writePayload(payload, found) };
}

function headerText(shape: Shape, value: unknown): string {
  if (shape.kind !== "list") return scalarText(shape, value, "http-date");
  return (value as readonly unknown[])
    .map((item) => scalarText(shape.item.shape, item, "http-date"))
    .map((text) => (shape.item.shape.kind === "string" && /[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text))
    .join(", ");
}

function hasPayload({ members }: Structure): boolean {
  return members.some(({ binding }) => binding.kind === "payload");
}

function structure(shape: Shape): Structure {
  if (shape.kind === "structure" || shape.kind === "union") return shape;
  throw new Error(`only a structure is bound to HTTP, not a ${shape.kind}`);
}

/** A body that is not in the format of its protocol. */
export function unreadableBody(format: string): MalformedRequestError {
  return new MalformedRequestError("syntax", "", `The request body is not valid ${format}.`);
}
