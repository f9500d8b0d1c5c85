/**
 * The constraints of JSON Schema that lifecycle policies need, complaining in the words of the validator that ECR uses, which its users know
 * from its errors. Each function adds its complaints to a list.
 */
export type Complaints = string[];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = { readonly [member: string]: Json };

type JsonType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

function typeOf(value: Json): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}

function hasType(value: Json, allowed: JsonType, complaints: Complaints): boolean {
  const type = typeOf(value);
  if (type === allowed) return true;
  complaints.push(`instance type (${type}) does not match any allowed primitive type (allowed: ["${allowed}"])`);
  return false;
}

const shownList = (names: readonly string[]): string => `[${names.map((name) => JSON.stringify(name)).join(",")}]`;

/** The object, where it is one that has the required members; other members than these and the optional ones are complained about. */
export function object(
  value: Json,
  members: { readonly required: readonly string[]; readonly optional?: readonly string[] },
  complaints: Complaints,
): JsonObject | undefined {
  if (!hasType(value, "object", complaints)) return undefined;
  const found = value as JsonObject;
  const missing = members.required.filter((name) => !Object.hasOwn(found, name)).toSorted();
  if (missing.length > 0) complaints.push(`object has missing required properties (${shownList(missing)})`);
  const known = new Set([...members.required, ...(members.optional ?? [])]);
  const strangers = Object.keys(found)
    .filter((name) => !known.has(name))
    .toSorted();
  if (strangers.length > 0) complaints.push(`object instance has properties which are not allowed by the schema: ${shownList(strangers)}`);
  return found;
}

/** The elements, where there is an array of them. */
export function array(value: Json | undefined, least: number, most: number, complaints: Complaints): readonly Json[] {
  if (value === undefined || !hasType(value, "array", complaints)) return [];
  const found = value as readonly Json[];
  if (found.length < least)
    complaints.push(`array is too short: must have at least ${least} elements but instance has ${found.length} elements`);
  if (found.length > most)
    complaints.push(`array is too long: must have at most ${most} elements but instance has ${found.length} elements`);
  return found;
}

export function string(value: Json | undefined, complaints: Complaints, least = 0): void {
  if (value === undefined || !hasType(value, "string", complaints)) return;
  const { length } = value as string;
  if (length < least) complaints.push(`string ${JSON.stringify(value)} is too short (length: ${length}, required minimum: ${least})`);
}

/** A Java `int`: what is larger cannot be mapped at all. */
const LARGEST = 2 ** 31 - 1;

export function integer(value: Json | undefined, least: number, complaints: Complaints): void {
  if (value === undefined || !hasType(value, "integer", complaints)) return;
  const found = value as number;
  if (found < least) complaints.push(`numeric instance is lower than the required minimum (minimum: ${least}, found: ${found})`);
  if (found > LARGEST) complaints.push(`numeric instance is greater than the required maximum (maximum: ${LARGEST}, found: ${found})`);
}

export function oneOf(value: Json | undefined, values: readonly string[], complaints: Complaints): void {
  if (value === undefined || (typeof value === "string" && values.includes(value))) return;
  complaints.push(`instance value (${JSON.stringify(value)}) not found in enum (possible values: ${shownList(values)})`);
}

/** Of several shapes exactly one must fit: `reasons` says why the one that was meant does not. */
export function exactlyOne(shapes: number, reasons: Complaints, complaints: Complaints): void {
  if (reasons.length > 0) complaints.push(`instance failed to match exactly one schema (matched 0 out of ${shapes})`, ...reasons);
}
