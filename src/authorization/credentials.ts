import { timingSafeEqual } from "node:crypto";
import { arn } from "../domain/arn.ts";
import type { Principal } from "../domain/principal.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { accessKeys, openAccessKey, roleKey, roles, users, type AccessKeyRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { readSessionToken } from "./session-token.ts";

/** The root of one account, as the operator has its keys. */
export interface RootKey {
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type FoundCredentials =
  | { readonly kind: "found" | "expired"; readonly secretAccessKey: string; readonly principal: Principal }
  /** No such key, one that is inactive, or a token that is not its own. */
  | { readonly kind: "unknown" };

/** Whose keys are accepted. */
export interface Credentials {
  find(accessKeyId: string, sessionToken: string | undefined, now: number): FoundCredentials;
  /** Whether credentials that were good once still are: their key is active, their user or role is there, their time is not over. */
  stand(principal: Principal, now: number): boolean;
}

interface CredentialParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  /** Asked at each request: accounts may be added while we run. */
  readonly roots: () => readonly RootKey[];
}

const UNKNOWN = { kind: "unknown" } as const;
const MOST_TOKENS = 1000;

/** The keys of roots and users, and temporary credentials. */
export function credentials({ state, secrets, roots }: CredentialParts): Credentials {
  /** Opened once: unsealing costs more than all the rest of a lookup. */
  const opened = new WeakMap<AccessKeyRecord, string>();
  const sessions = new Map<string, ReturnType<typeof readSessionToken>>();

  const secretOf = (key: AccessKeyRecord): string => {
    const known = opened.get(key) ?? openAccessKey(secrets, key);
    opened.set(key, known);
    return known;
  };
  const session = (token: string): ReturnType<typeof readSessionToken> => {
    const known = sessions.get(token);
    if (known) return known;
    const read = readSessionToken(secrets, token);
    if (sessions.size >= MOST_TOKENS) sessions.clear();
    if (read) sessions.set(token, read);
    return read;
  };
  const longTerm = (accessKeyId: string): FoundCredentials => {
    const root = roots().find((key) => key.accessKeyId === accessKeyId);
    if (root) return { kind: "found", secretAccessKey: root.secretAccessKey, principal: rootPrincipal(root.account, accessKeyId) };
    const key = state.table(accessKeys).get(accessKeyId);
    if (key?.status !== "Active") return UNKNOWN;
    const principal = key.userName === undefined ? rootPrincipal(key.account, key.id) : userPrincipal(state, key, key.userName);
    return principal ? { kind: "found", secretAccessKey: secretOf(key), principal } : UNKNOWN;
  };
  const stands = (principal: Principal): boolean => {
    if (principal.kind === "role-session") {
      // A role that was deleted and made anew is another role: its id tells.
      return state.table(roles).get(roleKey(principal.account, principal.roleName))?.id === principal.userId.split(":")[0];
    }
    if (principal.kind === "federated-user")
      return principal.userName === undefined || state.table(users).has(roleKey(principal.account, principal.userName));
    if (principal.kind === "anonymous") return false;
    if (principal.session === undefined) return longTerm(principal.accessKeyId).kind === "found";
    return principal.kind === "root" || state.table(users).get(roleKey(principal.account, principal.userName))?.id === principal.userId;
  };
  return {
    find(accessKeyId, sessionToken, now) {
      if (sessionToken === undefined) return longTerm(accessKeyId);
      const found = session(sessionToken);
      if (!found?.principal.session || !same(found.principal.accessKeyId, accessKeyId) || !stands(found.principal)) return UNKNOWN;
      return { kind: found.principal.session.expiresAt <= now ? "expired" : "found", ...found };
    },
    stand: (principal, now) => (principal.session === undefined || now < principal.session.expiresAt) && stands(principal),
  };
}

export function rootPrincipal(account: string, accessKeyId: string): Principal {
  return { kind: "root", account, arn: arn("iam", { account, region: "" }, "root"), userId: account, accessKeyId };
}

function userPrincipal(state: WholeState, { id, account }: AccessKeyRecord, userName: string): Principal | undefined {
  const user = state.table(users).get(roleKey(account, userName));
  return user && { kind: "user", account, arn: user.arn, userId: user.id, userName: user.name, accessKeyId: id };
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
