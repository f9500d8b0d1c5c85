import { apiWorld, type ApiWorld, type Keys } from "./api-world.ts";
import type { Platform } from "../services/platform.ts";

/** A statement that allows; `Effect` may say otherwise. */
export interface Grant {
  readonly Effect?: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

interface Sender<C> {
  send(command: C): Promise<unknown>;
}

export interface PermissionWorld<S> extends AsyncDisposable {
  readonly api: ApiWorld;
  readonly root: S;
  /**
   * Whether a new user with these grants may make a call: what the refusal says where not, `allowed` where the operation ran, however
   * that ended.
   */
  readonly verdict: <C>(client: Sender<C>, command: C) => Promise<string>;
  /** A client of a new user who may do just this. */
  readonly as: (...grants: readonly Grant[]) => S;
}

type Client<S> = Parameters<ApiWorld["client"]>[0] extends new (config: infer C) => unknown ? new (config: C) => S : never;

const UNANSWERED = /Internal|Signature|Token|AuthFailure|UnrecognizedClient|NotImplemented|Throttl/;
const REFUSALS = ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"];

/** A world in which one service is called by users who may do exactly what their grants say. */
export async function permissionWorld<S>(constructor: Client<S>, parts: Partial<Platform> = {}): Promise<PermissionWorld<S>> {
  const api = await apiWorld(parts);
  let users = 0;
  const keysOf = (grants: readonly Grant[]): Keys =>
    api.user(`user-${++users}`, { Version: "2012-10-17", Statement: grants.map((grant) => ({ Effect: "Allow", ...grant })) });
  return {
    api,
    root: api.client(constructor),
    as: (...grants) => api.client(constructor, "us-east-1", keysOf(grants)),
    verdict: async (client, command) => {
      try {
        await client.send(command);
        return "allowed";
      } catch (cause) {
        const { name, message, $metadata } = cause as Error & { $metadata?: { httpStatusCode?: number } };
        if (REFUSALS.includes(name)) return message;
        // What was not answered, or not let in, tells nothing of permissions.
        if ($metadata?.httpStatusCode === undefined || UNANSWERED.test(name)) throw cause;
        return "allowed";
      }
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}
