import type { LoadedService } from "../gateway/loaded-service.ts";
import type { Keys } from "./api-world.ts";

/** What became of a request: `done`, or the code of the refusal; with all that the caller was told. */
export interface Outcome {
  readonly code: string;
  readonly message: string;
  /** The answer, or the error with its members. */
  readonly told: unknown;
}

/** Calls any operation of a service by its name, once, as the SDK does. */
export interface Caller extends Disposable {
  attempt(operation: string, input: unknown): Promise<Outcome>;
}

/** @param sign false for requests that nobody signs */
export function callerOf(url: string, service: LoadedService, credentials: Keys, { sign = true } = {}): Caller {
  const constructors = service.client as Readonly<Record<string, new (input: unknown) => unknown>>;
  const [, Client] = Object.entries(constructors).find(([key]) => /^[A-Za-z0-9]+Client$/.test(key) && key !== "__Client") ?? [];
  if (!Client) throw new Error(`there is no client of ${service.descriptor.id}`);
  const client = new Client({
    endpoint: url,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    // Some operations of AWS's are at a name of their own: `data-` and the endpoint's.
    disableHostPrefix: true,
    ...(sign ? {} : { signer: { sign: (request: unknown) => Promise.resolve(request) } }),
  }) as { send(command: unknown): Promise<unknown>; destroy(): void };
  return {
    async attempt(operation, input) {
      const Command = constructors[`${operation}Command`];
      if (!Command) throw new Error(`the SDK has no ${operation}`);
      try {
        return { code: "done", message: "", told: await client.send(new Command(input)) };
      } catch (thrown) {
        const { name, message } = thrown as Error;
        return { code: name, message, told: { ...(thrown as Error), message } };
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
