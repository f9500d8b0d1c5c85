import { NormalizedSchema } from "@smithy/core/schema";

/** What an interpreter needs to know of a shape, read once from the SDK's schema. */
export type Shape =
  | { readonly kind: "string" | "number" | "boolean" | "blob" | "bigint" | "bigdecimal" | "document" }
  | { readonly kind: "timestamp"; readonly format: "date-time" | "http-date" | "epoch-seconds" | undefined }
  | { readonly kind: "list"; readonly item: Member; readonly sparse: boolean }
  | { readonly kind: "map"; readonly keyName: Member; readonly value: Member; readonly sparse: boolean }
  | {
      readonly kind: "structure" | "union";
      readonly name: string;
      /** What its element is called in XML, where that is not its name. */
      readonly xmlName: string | undefined;
      readonly members: readonly NamedMember[];
      readonly byName: ReadonlyMap<string, NamedMember>;
    };

/** A use of a shape, with the names that the wire formats give it. */
export interface Member {
  /** Resolved late: shapes may contain themselves. */
  readonly shape: Shape;
  readonly xmlName: string | undefined;
  readonly ec2QueryName: string | undefined;
  readonly xmlFlattened: boolean;
  /** Whether it is an attribute of its structure's element in XML. */
  readonly xmlAttribute: boolean;
  /** What restJson calls it, where that is not its name. */
  readonly jsonName: string | undefined;
  /** Where in an HTTP message the REST protocols have it. */
  readonly binding: HttpBinding;
  /** Whether AWS's model says that values must not be shown, in logs for example. */
  readonly sensitive: boolean;
}

export interface NamedMember extends Member {
  readonly name: string;
  readonly required: boolean;
}

/** A part of an HTTP message. Source: Smithy, "HTTP bindings". */
export type HttpBinding =
  | { readonly kind: "body" | "label" | "payload" | "status" | "query-parameters" }
  | { readonly kind: "query" | "header"; readonly name: string }
  | { readonly kind: "prefixed-headers"; readonly prefix: string };

/** How the REST protocols ask for an operation. */
export interface HttpTrait {
  readonly method: string;
  /** `/schedules/{Name}`, `/distribution/{Id+}?Operation=Tag`. */
  readonly uri: string;
  /** Of the answer. */
  readonly status: number;
}

export interface OperationSchema {
  readonly name: string;
  /** Present in services that speak a REST protocol. */
  readonly http: HttpTrait | undefined;
  /** `undefined` where the operation takes, or gives, nothing. */
  readonly input: Shape | undefined;
  readonly output: Shape | undefined;
}

export type OperationRoute = Pick<OperationSchema, "name" | "http">;

/** The wire facts of an error class. */
export interface ErrorSchema {
  readonly name: string;
  readonly status: number;
  readonly fault: "client" | "server";
  /** The code that the Query protocols use, where it differs from the name. */
  readonly queryCode: string | undefined;
  readonly shape: Shape;
}

const shapes = new WeakMap<object, Shape>();

/** Reads the operation `name` out of a client package; `undefined` where AWS has no such operation. */
export function operationSchema(client: Readonly<Record<string, unknown>>, name: string): OperationSchema | undefined {
  const schema = client[`${name}$`];
  if (!Array.isArray(schema) || schema[0] !== 9) return undefined;
  const input = shapeOf(NormalizedSchema.of(schema[4]));
  return { name, http: httpTrait(schema[3]), input, output: shapeOf(NormalizedSchema.of(schema[5])) };
}

/** How all operations of a client package are asked for in a REST protocol; no shape is read for it. */
export function operationRoutes(client: Readonly<Record<string, unknown>>): readonly OperationRoute[] {
  return operationNames(client).map((name) => {
    const [, , , traits] = client[`${name}$`] as readonly unknown[];
    return { name, http: httpTrait(traits) };
  });
}

function httpTrait(traits: unknown): HttpTrait | undefined {
  const { http } = traits && typeof traits === "object" ? (traits as { readonly http?: readonly [string, string, number] }) : {};
  return http && { method: http[0], uri: http[1], status: http[2] };
}

/** The names of all operations of a client package. */
export function operationNames(client: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(client)
    .filter(([key, value]) => key.endsWith("$") && Array.isArray(value) && value[0] === 9)
    .map(([key]) => key.slice(0, -1))
    .sort();
}

export function errorSchema(client: Readonly<Record<string, unknown>>, name: string): ErrorSchema | undefined {
  const schema = client[`${name}$`];
  if (!Array.isArray(schema) || schema[0] !== -3) return undefined;
  const normalized = NormalizedSchema.of(schema as never);
  const traits = normalized.getMergedTraits() as { error?: string; httpError?: number; awsQueryError?: [string, number] };
  const shape = shapeOf(normalized);
  if (!shape) return undefined;
  const fault = traits.error === "server" ? "server" : "client";
  return {
    name,
    status: traits.awsQueryError?.[1] ?? traits.httpError ?? (fault === "server" ? 500 : 400),
    fault,
    queryCode: traits.awsQueryError?.[0],
    shape,
  };
}

function shapeOf(schema: NormalizedSchema): Shape | undefined {
  if (schema.isUnitSchema()) return undefined;
  const raw = schema.getSchema() as unknown;
  if (typeof raw === "object" && raw !== null) {
    const known = shapes.get(raw);
    if (known) return known;
    const shape = {} as Shape;
    shapes.set(raw, shape);
    return Object.assign(shape, readShape(schema, raw as readonly unknown[]));
  }
  return readShape(schema, undefined);
}

function readShape(schema: NormalizedSchema, raw: readonly unknown[] | undefined): Shape {
  if (schema.isStructSchema()) return readStructure(schema, raw ?? []);
  if (schema.isListSchema()) return { kind: "list", item: readMember(schema.getValueSchema()), sparse: isSparse(schema) };
  if (schema.isMapSchema())
    return {
      kind: "map",
      keyName: readMember(schema.getKeySchema()),
      value: readMember(schema.getValueSchema()),
      sparse: isSparse(schema),
    };
  if (schema.isTimestampSchema()) return { kind: "timestamp", format: timestampFormat(schema.getSchema() as number) };
  if (schema.isBlobSchema()) return { kind: "blob" };
  if (schema.isBooleanSchema()) return { kind: "boolean" };
  if (schema.isNumericSchema()) return { kind: "number" };
  if (schema.isBigIntegerSchema()) return { kind: "bigint" };
  if (schema.isBigDecimalSchema()) return { kind: "bigdecimal" };
  if (schema.isDocumentSchema()) return { kind: "document" };
  return { kind: "string" };
}

function readStructure(schema: NormalizedSchema, raw: readonly unknown[]): Shape {
  // The SDK lists required members first and says how many there are.
  const required = typeof raw[6] === "number" ? raw[6] : 0;
  const members = [...schema.structIterator()].map(([name, member], at) => readMember(member, name, at < required));
  const byName = new Map(members.map((member) => [member.name, member]));
  const { xmlName } = schema.getMergedTraits() as { readonly xmlName?: string };
  return { kind: schema.isUnionSchema() ? "union" : "structure", name: schema.getName() ?? "", xmlName, members, byName };
}

const EMPTY: Shape = { kind: "structure", name: "Unit", xmlName: undefined, members: [], byName: new Map() };

function readMember(schema: NormalizedSchema, name = "", required = false): NamedMember {
  const traits = schema.getMergedTraits() as Record<string, unknown>;
  let shape: Shape | undefined;
  return {
    name,
    required,
    get shape() {
      return (shape ??= shapeOf(schema) ?? EMPTY);
    },
    xmlName: traits["xmlName"] as string | undefined,
    ec2QueryName: traits["ec2QueryName"] as string | undefined,
    xmlFlattened: Boolean(traits["xmlFlattened"]),
    xmlAttribute: Boolean(traits["xmlAttribute"]),
    jsonName: traits["jsonName"] as string | undefined,
    binding: httpBinding(traits),
    sensitive: Boolean(traits["sensitive"]),
  };
}

function httpBinding(traits: Readonly<Record<string, unknown>>): HttpBinding {
  if (traits["httpLabel"]) return { kind: "label" };
  if (traits["httpPayload"]) return { kind: "payload" };
  if (traits["httpResponseCode"]) return { kind: "status" };
  if (traits["httpQueryParams"]) return { kind: "query-parameters" };
  if (traits["httpQuery"] !== undefined) return { kind: "query", name: traits["httpQuery"] as string };
  if (traits["httpHeader"] !== undefined) return { kind: "header", name: (traits["httpHeader"] as string).toLowerCase() };
  if (traits["httpPrefixHeaders"] !== undefined)
    return { kind: "prefixed-headers", prefix: (traits["httpPrefixHeaders"] as string).toLowerCase() };
  return { kind: "body" };
}

function isSparse(schema: NormalizedSchema): boolean {
  return Boolean((schema.getMergedTraits() as { sparse?: unknown }).sparse);
}

function timestampFormat(schema: number): "date-time" | "http-date" | "epoch-seconds" | undefined {
  switch (schema) {
    case 5:
      return "date-time";
    case 6:
      return "http-date";
    case 7:
      return "epoch-seconds";
    default:
      return undefined;
  }
}
