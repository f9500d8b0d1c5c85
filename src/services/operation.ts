import type { Command } from "@smithy/types";
import { arn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { Platform } from "./platform.ts";

/** Who makes a request. Until the identity issue only the account's root exists. */
export interface Principal {
  readonly kind: "root";
  readonly account: string;
  readonly arn: string;
  readonly accessKeyId: string;
}

/** The IAM action that an operation asks for, on which resource ARNs (`*` where it has none). */
export interface Permission {
  /** Such as `ecs:RunTask`. */
  readonly action: string;
  readonly resource: string | readonly string[];
}

/** Where a request was made, with what is needed to name resources there. */
export interface RequestScope extends Scope {
  /** An ARN in this account and region. */
  arn(service: string, resource: string): string;
}

export function requestScope(scope: Scope): RequestScope {
  return { ...scope, arn: (service, resource) => arn(service, scope, resource) };
}

/** What an operation works with. */
export interface OperationContext extends RequestScope, Platform {
  readonly principal: Principal;
  readonly requestId: string;
  /** When the request arrived, milliseconds since the Unix epoch. */
  readonly now: number;
  readonly sourceIp: string;
}

/** An operation as the gateway sees it: already typed, already checked for required members. */
export interface Operation {
  readonly name: string;
  authorize(input: never, at: RequestScope): Permission | readonly Permission[];
  /** The gateway answers only when all that this committed is durable. */
  run(input: never, context: OperationContext): unknown;
}

/** `typeof import("@aws-sdk/client-…")`. */
type Client = object;
type CommandOf<C extends Client, N extends string> = `${N}Command` extends keyof C
  ? C[`${N}Command`] extends new (...input: never) => infer T
    ? T
    : never
  : never;
/** The names of all operations that AWS has for this client. */
export type OperationName<C extends Client> = keyof C extends infer K ? (K extends `${infer N}Command` ? N : never) : never;
export type InputOf<C extends Client, N extends string> =
  // oxlint-disable-next-line no-explicit-any -- only the first two parameters matter here
  CommandOf<C, N> extends Command<any, infer I, any, infer _O, any> ? I : never;
export type OutputOf<C extends Client, N extends string> =
  // oxlint-disable-next-line no-explicit-any -- as above
  CommandOf<C, N> extends Command<any, infer _I, any, infer O, any> ? Omit<O, "$metadata"> : never;

export interface OperationBody<I, O> {
  readonly authorize: (input: I, at: RequestScope) => Permission | readonly Permission[];
  readonly run: (input: I, context: OperationContext) => O | Promise<O>;
}

/**
 * Makes the `operation` of one service: `const operation = operationsOf<typeof import("@aws-sdk/client-ecs")>()`. Input and output types
 * are the SDK's; an operation without `authorize` does not compile.
 */
export function operationsOf<C extends Client>() {
  return <N extends OperationName<C>>(name: N, body: OperationBody<InputOf<C, N>, OutputOf<C, N>>): Operation =>
    ({ name, ...body }) as unknown as Operation;
}

/** The argument of an SDK exception: `throw new ClusterNotFoundException(because("Cluster not found."))`. */
export function because(message: string): { readonly message: string; readonly $metadata: Record<string, never> } {
  return { message, $metadata: {} };
}

/** Drops the members that are `undefined`, so that they fit exact optional properties and take no room in the journal. */
export function defined<T extends object>(
  members: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
