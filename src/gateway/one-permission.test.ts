import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import { parseArn } from "../domain/arn.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Operation } from "../services/operation.ts";
import { allowing, askedFor, governed, type Asked } from "../testing/asked-permissions.ts";
import { callerOf, type Outcome } from "../testing/caller.ts";
import { NAME } from "../testing/furnished-account.ts";
import { aimedInput } from "../testing/populated-account.ts";
import { populatedWorld, type PopulatedWorld } from "../testing/populated-world.ts";
import { familyOf, type Family } from "./errors.ts";
import { loadService, type LoadedService } from "./loaded-service.ts";

// Made from the list of operations, so that a new one is in it by birth: who may do something to one thing tries it on another, and who may do
// all but one of the things that an operation asks for tries the operation.

const REFUSALS: Readonly<Record<Family, string>> = {
  json: "AccessDeniedException",
  rest: "AccessDeniedException",
  query: "AccessDenied",
  ec2: "UnauthorizedOperation",
};

let world: PopulatedWorld;
beforeAll(async () => {
  world = await populatedWorld();
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

interface Try {
  readonly operation: string;
  readonly input: unknown;
  /** What the user may. */
  readonly allowed: readonly Asked[];
  /** What the operation asks for beyond that; one of it stands in the refusal. */
  readonly lacking: readonly Asked[];
}

describe.each(SERVICES.map((service) => [service.id, service] as const))("%s", (_id, descriptor) => {
  test("refuses who may do it to another thing of the same kind", async () => {
    const problems = await problemsOf(await loadService(descriptor), ({ name: operation }, input, asked) => {
      const lacking = asked.filter(({ resource }) => resource !== "*");
      if (lacking.length === 0) return [];
      return [{ operation, input, lacking, allowed: asked.map(({ action, resource }) => ({ action, resource: elsewhere(resource) })) }];
    });
    expect(problems).toEqual([]);
    expect(world.api.defects).toEqual([]);
  });

  test("refuses who may do all but one of the things that it takes", async () => {
    const problems = await problemsOf(await loadService(descriptor), ({ name: operation }, input, asked) =>
      asked.length < 2 ? [] : asked.map((one) => ({ operation, input, lacking: [one], allowed: asked.filter((other) => other !== one) })),
    );
    expect(problems).toEqual([]);
    expect(world.api.defects).toEqual([]);
  });

  test("refuses who may do it to the first thing of a list only", async () => {
    const service = await loadService(descriptor);
    const problems = await problemsOf(service, (operation, second) => {
      const first = aimedInput(service, operation.name, (member, of) => renamed(world.aim(member, of)));
      const [both, instead] = [
        withLists(first, second, (own, others) => [...own, ...others]),
        withLists(first, second, (_own, others) => others),
      ];
      const allowed = askedFor(world.api, operation, first);
      const lacking = askedFor(world.api, operation, instead).filter((one) => !allowed.some((other) => same(one, other)));
      // Where a list changes nothing, it names nothing that AWS has permissions for: `asked-resources.test.ts` knows.
      return lacking.length === 0 ? [] : [{ operation: operation.name, input: both, lacking, allowed }];
    });
    expect(problems).toEqual([]);
    expect(world.api.defects).toEqual([]);
  });

  // Otherwise nothing above would show that it was the one permission that was missing.
  test("lets in who may do just what it takes", async () => {
    await using other = await populatedWorld();
    const service = await loadService(descriptor);
    const refused: string[] = [];
    for (const operation of governed(service)) {
      const input = aimedInput(service, operation.name, other.aim);
      const keys = other.api.user(`user-${operation.name}`, allowing(askedFor(other.api, operation, input)));
      using caller = callerOf(other.api.url, service, keys);
      const { code, message } = await caller.attempt(operation.name, input);
      if (code === REFUSALS[familyOf(descriptor.protocol)]) refused.push(`${operation.name}: ${message}`);
    }
    expect(refused).toEqual([]);
    expect(other.api.defects).toEqual([]);
  });
});

/** Has a user of its own try each of them. What is wrong: all but a refusal in AWS's words that changes nothing. */
async function problemsOf(
  service: LoadedService,
  triesOf: (operation: Operation, input: unknown, asked: readonly Asked[]) => readonly Try[],
): Promise<readonly string[]> {
  const { api, aim, written } = world;
  const { protocol } = service.descriptor;
  const problems: string[] = [];
  for (const operation of governed(service)) {
    const input = aimedInput(service, operation.name, aim);
    for (const one of triesOf(operation, input, askedFor(api, operation, input))) {
      const name = `user-${written.length}`;
      using caller = callerOf(api.url, service, api.user(name, allowing(one.allowed)));
      const before = written.length;
      const problem = problemOf(one, await caller.attempt(one.operation, one.input), name, REFUSALS[familyOf(protocol)]);
      if (problem !== undefined) problems.push(problem);
      problems.push(...written.slice(before).map(({ table, key }) => `${one.operation} changed ${table} ${key}`));
    }
  }
  return problems;
}

/** What is wrong with an outcome that should be a refusal in AWS's words. */
function problemOf({ operation, lacking }: Try, { code, message }: Outcome, user: string, refusal: string): string | undefined {
  if (code !== refusal) return `${operation} without ${JSON.stringify(lacking)}: ${code} ${message}`;
  const said = message
    .replace(/^You are not authorized to perform this operation\. /, "")
    .replace(/\. Encoded authorization failure message: [\w-]+$/, "");
  const good = lacking.some(({ action, resource }) => {
    const text = `User: arn:aws:iam::${DEFAULT_ACCOUNT}:user/${user} is not authorized to perform: ${action} on resource: ${resource}`;
    // AWS gives no reason where a role is not assumed.
    const reason = action === "sts:AssumeRole" ? /^$/ : /^ because no [a-z-]+ policy allows the [\w:]+ action$/;
    return said.startsWith(text) && reason.test(said.slice(text.length));
  });
  return good ? undefined : `${operation} says: ${message}`;
}

function same(a: Asked, b: Asked): boolean {
  return a.action === b.action && a.resource === b.resource;
}

/** Another thing of the same kind: what its name is made of is another one. */
function elsewhere(resource: string): string {
  const arn = parseArn(resource);
  if (!arn) return resource;
  const [, kind = "", name = ""] = /^([a-z0-9-]+[/:])?(.*)$/s.exec(arn.resource) ?? [];
  return `${resource.slice(0, resource.length - arn.resource.length)}${kind}${name === renamed(name) ? "elsewhere" : renamed(name)}`;
}

/** A name or an ARN with another name or id in it. */
function renamed(text: string): string {
  return text
    .replaceAll(NAME, "elsewhere")
    .replaceAll(/[0-9a-f]{8,}/g, (id) => (id === DEFAULT_ACCOUNT ? id : [...id].toReversed().join("")));
}

/** The first input, each of its lists made of that list and the second input's. */
function withLists(
  first: unknown,
  second: unknown,
  made: (own: readonly unknown[], others: readonly unknown[]) => readonly unknown[],
): unknown {
  if (Array.isArray(first) && Array.isArray(second)) return made(first as unknown[], second as unknown[]);
  if (!isStructure(first) || !isStructure(second)) return first;
  return Object.fromEntries(Object.entries(first).map(([key, value]) => [key, withLists(value, second[key], made)]));
}

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
