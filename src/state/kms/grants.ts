import type { GrantConstraints, GrantOperation } from "@aws-sdk/client-kms";
import { accountOfArn, defineTable } from "../table.ts";

// Times are milliseconds since the Unix epoch.

export interface GrantRecord {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** The ARN of the key. */
  readonly key: string;
  readonly name?: string;
  readonly granteePrincipal: string;
  readonly retiringPrincipal?: string;
  readonly issuingAccount: string;
  readonly operations: readonly GrantOperation[];
  readonly constraints?: GrantConstraints;
  /** The tokens that were handed out for it: one for each time the same grant was asked for. */
  readonly tokens: readonly string[];
  readonly createdAt: number;
}

export const grants = defineTable<GrantRecord>()(
  "kms.grants",
  (grant) => grant.id,
  ({ key }) => accountOfArn(key),
  {
    key: ({ key }) => key,
    retiringPrincipal: ({ retiringPrincipal }) => retiringPrincipal,
    token: ({ tokens }) => tokens,
  },
);
