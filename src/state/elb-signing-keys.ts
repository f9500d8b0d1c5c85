import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { SigningKey } from "../domain/proxy-tokens.ts";
import { defineTable, ofAccount } from "./table.ts";

/** The keys that an endpoint had when it was asked last, for the actions of an account. */
export interface SigningKeysRecord {
  readonly account: string;
  readonly endpoint: string;
  readonly keys: readonly SigningKey[];
  /** Milliseconds since the Unix epoch. */
  readonly fetchedAt: number;
}

export function signingKeysKey({ account, endpoint }: Pick<SigningKeysRecord, "account" | "endpoint">): string {
  return `${account}/${endpoint}`;
}

export const signingKeys = defineTable<SigningKeysRecord>()("elb.signing-keys", signingKeysKey, ofAccount, {});

/** What the actions of a listener or a rule ask for tokens by: the keys of records, each once. */
export function signingKeysOf(account: string, actions: readonly Action[]): readonly string[] {
  const endpoints = actions.flatMap(({ JwtValidationConfig }) => JwtValidationConfig?.JwksEndpoint ?? []);
  return [...new Set(endpoints)].map((endpoint) => signingKeysKey({ account, endpoint }));
}
