import { timingSafeEqual } from "node:crypto";
import { globalArn } from "../domain/arn.ts";
import type { Principal, RootPrincipal } from "../domain/principal.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { accessKeys, openAccessKey, roleKey, users, type AccessKeyRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { roleBehind, userBehind } from "../state/bearers.ts";
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
  const rootKeyOf = (account: string): string | undefined => roots().find((key) => key.account === account)?.accessKeyId;
  const rootOf = (account: string, accessKeyId: string): Principal => {
    const rootKeyId = rootKeyOf(account);
    return { ...rootPrincipal(account, accessKeyId), ...(rootKeyId === undefined ? {} : { rootKeyId }) };
  };
  const longTerm = (accessKeyId: string): FoundCredentials => {
    const root = roots().find((key) => key.accessKeyId === accessKeyId);
    if (root) return { kind: "found", secretAccessKey: root.secretAccessKey, principal: rootOf(root.account, accessKeyId) };
    const key = state.table(accessKeys).get(accessKeyId);
    if (key?.status !== "Active") return UNKNOWN;
    const principal = key.userName === undefined ? rootOf(key.account, key.id) : userPrincipal(state, key, key.userName);
    return principal ? { kind: "found", secretAccessKey: secretOf(key), principal } : UNKNOWN;
  };
  const stands = (principal: Principal): boolean => {
    switch (principal.kind) {
      case "role-session":
        return roleBehind(state, principal) !== undefined;
      case "federated-user":
        return principal.userName === undefined
          ? isRootKey(principal.account, principal.sponsorId)
          : userBehind(state, principal) !== undefined;
      case "root":
        return principal.session ? isRootKey(principal.account, principal.rootKeyId) : isOwnKey(principal);
      case "user":
        return principal.session ? userBehind(state, principal) !== undefined : isOwnKey(principal);
      case "anonymous":
        return false;
    }
  };
  /** Whether a long-term key is active, and still says the same of its bearer. */
  const isOwnKey = ({ accessKeyId, kind, account, userId }: Principal): boolean => {
    const found = longTerm(accessKeyId);
    if (found.kind !== "found") return false;
    return found.principal.kind === kind && found.principal.account === account && found.principal.userId === userId;
  };
  /** Whether the operator still has this key for an account's root. An account that was removed and is there again has another one. */
  const isRootKey = (account: string, id: string | undefined): boolean => id !== undefined && id === rootKeyOf(account);
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

export function rootPrincipal(account: string, accessKeyId: string): RootPrincipal {
  return { kind: "root", account, arn: globalArn("iam", { account, region: "" }, "root"), userId: account, accessKeyId };
}

/** Who asks, as the partition of the region knows it: root has an ARN in each, all others are of the one that they were made in. */
export function principalIn<P extends Principal>(region: string, principal: P): P {
  return principal.kind === "root" ? { ...principal, arn: globalArn("iam", { ...principal, region }, "root") } : principal;
}

function userPrincipal(state: WholeState, { id, account }: AccessKeyRecord, userName: string): Principal | undefined {
  const user = state.table(users).get(roleKey(account, userName));
  return user && { kind: "user", account, arn: user.arn, userId: user.id, userName: user.name, accessKeyId: id };
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
