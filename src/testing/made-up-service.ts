import type { Operation } from "../services/operation.ts";
import type { ServiceDescriptor } from "../services/service.ts";

/** A service that nobody has, for tests of what the gateway knows of services before it loads one. Nothing is loaded for it. */
export function madeUpService(changes: Partial<ServiceDescriptor> = {}): ServiceDescriptor {
  return {
    id: "made",
    title: "Made",
    signingName: "made",
    protocol: "awsJson1.1",
    client: () => Promise.resolve({}),
    operations: () => Promise.resolve(madeUpOperations([])),
    ...changes,
  };
}

/** What its folder would bring: operations of these names, which nobody calls. */
export function madeUpOperations(names: readonly string[]): Awaited<ReturnType<ServiceDescriptor["operations"]>> {
  const operations = names.map((name) => ({ name }) as unknown as Operation);
  const model = { shapes: {}, members: {} };
  return { operations, emptyValues: { text: "absent", members: {} }, constraints: { model, exceptions: {} } };
}
