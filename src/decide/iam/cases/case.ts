import type { PolicyKind } from "../view.ts";
import type { PrincipalView } from "../principal-view.ts";

/** What a table of cases holds: policies once, and what becomes of requests under them. */
export interface Situation {
  /** Where AWS documents it, or what it is about. */
  readonly about: string;
  readonly identity?: readonly object[];
  readonly boundary?: object;
  readonly session?: readonly object[];
  readonly resource?: object;
  /** The resource's policy is a role's trust policy. */
  readonly trust?: object;
  readonly resourceDecides?: boolean;
  readonly cases: readonly Case[];
}

export interface Case {
  /** Completes "…: ". */
  readonly that: string;
  /** By default the user Bob. */
  readonly as?: PrincipalView;
  readonly does: string;
  readonly on?: string;
  /** By default the account of who asks, or the own account for who has none. */
  readonly owner?: string;
  /** Condition keys, in any case. */
  readonly with?: Readonly<Record<string, string | readonly string[]>>;
  readonly so: Outcome;
}

/** "allowed", "no …": nothing of that kind allows, "deny: …": a policy of that kind denies. */
export type Outcome = "allowed" | `no ${PolicyKind}` | `deny: ${PolicyKind}`;

export const ACCOUNT = "123456789012";
export const OTHER = "444455556666";

export const policy = (...statements: readonly object[]): object => ({ Version: "2012-10-17", Statement: statements });
export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = "*", more: object = {}): object => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
export const deny = (Action: string | readonly string[], Resource: string | readonly string[] = "*", more: object = {}): object => ({
  ...allow(Action, Resource, more),
  Effect: "Deny",
});
/** A statement of a resource's policy. */
export const grant = (Principal: unknown, Action: string | readonly string[], more: object = {}): object => ({
  Effect: "Allow",
  Principal,
  Action,
  Resource: "*",
  ...more,
});
/** A statement of a trust policy. */
export const trusts = (Principal: unknown, Action = "sts:AssumeRole", more: object = {}): object => ({
  Effect: "Allow",
  Principal,
  Action,
  ...more,
});

export const user = (name: string, account = ACCOUNT): PrincipalView => ({
  kind: "user",
  account,
  names: [`arn:aws:iam::${account}:user/${name}`, "AIDACKCEVSQ6C2EXAMPLE"],
});
export const session = (role: string, name = "session", account = ACCOUNT): PrincipalView => ({
  kind: "role-session",
  account,
  names: [
    `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
    `arn:aws:iam::${account}:role/${role}`,
    `AROADBQP57FF2AEXAMPLE:${name}`,
    "AROADBQP57FF2AEXAMPLE",
  ],
});
export const root = (account = ACCOUNT): PrincipalView => ({ kind: "root", account, names: [`arn:aws:iam::${account}:root`] });
export const federated = (name: string, by: string): PrincipalView => ({
  kind: "federated-user",
  account: ACCOUNT,
  names: [`arn:aws:sts::${ACCOUNT}:federated-user/${name}`, `arn:aws:iam::${ACCOUNT}:user/${by}`],
});
export const service = (name: string): PrincipalView => ({ kind: "service", account: "", names: [name] });
export const web = (provider: string): PrincipalView => ({ kind: "web-identity", account: "", names: [provider] });
export const ANYBODY: PrincipalView = { kind: "anonymous", account: "", names: [] };
