import type { Command } from "@smithy/types";
import { arn } from "../domain/arn.ts";
import type { RequestOrigin } from "../authorization/authorize.ts";
import type { Principal } from "../domain/principal.ts";
import type { Scope } from "../domain/scope.ts";
import type { AccountView } from "../state/state.ts";
import type { Platform } from "./platform.ts";

/** The IAM action that an operation asks for, on which resource ARNs (`*` where it has none). */
export interface Permission {
  /** Such as `ecs:RunTask`. */
  readonly action: string;
  readonly resource: string | readonly string[];
  /**
   * The values of condition keys that only the request tells: `ecs:cluster`, `iam:PassedToService`, `aws:RequestTag/team`. Global keys
   * and the tags of resources need not be given: the authorization room knows them.
   */
  readonly context?: ConditionContext;
}

export type ConditionContext = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The condition keys that every service has for the tags of a request: `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTags(tags: Readonly<Record<string, string>>): ConditionContext {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  return { ...Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, tags[key]])), "aws:TagKeys": keys };
}

/** The same, of tags as most services list them. */
export function requestTagList(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): ConditionContext {
  return requestTags(Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value])));
}

/** Where a request was made, with what is needed to name resources there. */
export interface RequestScope extends Scope {
  /** An ARN in this account and region. */
  arn(service: string, resource: string): string;
}

/** What may be looked at to tell which resources a request is about. */
export interface AuthorizeScope extends RequestScope {
  /** Who asks: some operations are about the caller where they name nobody. */
  readonly principal: Principal;
  /** The caller's own account. What a request names elsewhere is found by its ARN alone, or through `state.whole`. */
  readonly state: AccountView;
  readonly now: number;
}

export function requestScope(scope: Scope): RequestScope {
  return { ...scope, arn: (service, resource) => arn(service, scope, resource) };
}

/** What an operation works with. */
export interface OperationContext extends RequestScope, Omit<Platform, "state"> {
  /** What the caller may see: its own account, and what policies of others allowed this request to use. */
  readonly state: AccountView;
  readonly principal: Principal;
  readonly requestId: string;
  /** When the request arrived, milliseconds since the Unix epoch. */
  readonly now: number;
  readonly sourceIp: string;
  /** By what the caller reached us: the `Host` of the request, a name of our own. */
  readonly host: string;
  /** Where and how the request came in, for decisions that the operation asks for itself. */
  readonly origin: RequestOrigin;
}

/** An operation as the gateway sees it: already typed, already checked for required members. */
export interface Operation {
  readonly name: string;
  readonly access?: Access;
  authorize(input: never, at: AuthorizeScope): Permission | readonly Permission[];
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

/**
 * How an operation departs from the rule that a request is signed and its permissions are asked of policies. `ungoverned`: whoever signed
 * may. `unsigned`: no signature is needed, the operation checks the proof in its input itself.
 */
export type Access = "ungoverned" | "unsigned";

export interface OperationBody<I, O> {
  readonly access?: Access;
  readonly authorize: (input: I, at: AuthorizeScope) => Permission | readonly Permission[];
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
