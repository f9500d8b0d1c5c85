import type { PolicyTarget } from "./policy.ts";

/** An object of a document. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads members of a document, and keeps what is wrong with them. What is asked for and not right is told, and `undefined`. */
export class Reader {
  readonly problems: string[] = [];

  wrong(problem: string): void {
    this.problems.push(problem);
  }

  /** Nothing that a document says is passed over. */
  onlyMembers(given: Json, members: readonly string[], where: string): void {
    for (const name of Object.keys(given)) if (!members.includes(name)) this.wrong(`${name} is no member of ${where}.`);
  }

  text(given: Json, name: string, where: string): string | undefined {
    const value = given[name];
    if (typeof value === "string" && value !== "") return value;
    this.wrong(`${name} must be a text in ${where}.`);
    return undefined;
  }

  oneOf<T extends string>(given: Json, name: string, values: readonly T[], where: string): T | undefined {
    const value = values.find((one) => one === given[name]);
    if (value === undefined) this.wrong(`${name} must be one of ${values.join(", ")} in ${where}.`);
    return value;
  }

  /** `true` and `"true"` are the same in a document. False where absent. */
  flag(given: Json, name: string, where: string): boolean {
    const value = given[name];
    if (value === undefined || value === false || value === "false") return false;
    if (value !== true && value !== "true") this.wrong(`${name} must be true or false in ${where}.`);
    return true;
  }

  /** A whole number, which may be given as text. */
  whole(given: Json, name: string, { from, to }: { readonly from: number; readonly to: number }, where: string): number {
    const value = given[name];
    const number = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= from && number <= to) return number;
    this.wrong(`${name} must be a number from ${from} to ${to} in ${where}.`);
    return from;
  }

  /** Of an object by names, such as `Endpoints`; none where absent. */
  entries(given: Json, name: string): readonly (readonly [string, Json])[] {
    const value = given[name] ?? {};
    if (isObject(value) && Object.values(value).every(isObject)) return Object.entries(value) as [string, Json][];
    this.wrong(`${name} must be an object of objects.`);
    return [];
  }

  /** Of a list with one at least. */
  items(given: Json, name: string, where: string): readonly Json[] {
    const value = given[name];
    if (Array.isArray(value) && value.length > 0 && value.every(isObject)) return value;
    this.wrong(`${name} must be a list of objects in ${where}.`);
    return [];
  }

  /** `StartEndpoint` or `StartRule`; `EndpointReference` or `RuleReference`. */
  target(given: Json, names: "Start" | "Reference", where: string): PolicyTarget {
    const [endpoint, rule] = names === "Start" ? ["StartEndpoint", "StartRule"] : ["EndpointReference", "RuleReference"];
    if ((given[endpoint] === undefined) === (given[rule] === undefined)) {
      this.wrong(`Exactly one of ${endpoint} and ${rule} must be in ${where}.`);
      return { kind: "endpoint", id: "" };
    }
    const kind = given[rule] === undefined ? "endpoint" : "rule";
    return { kind, id: this.text(given, kind === "rule" ? rule : endpoint, where) ?? "" };
  }
}
