import { type Scope, scopeKey } from "../../domain/scope.ts";
import { defineTable, ofAccount } from "../table.ts";

// Times are milliseconds since the Unix epoch.

export interface AliasRecord extends Scope {
  readonly arn: string;
  /** With its prefix: `alias/orders`. */
  readonly name: string;
  /** The ARN of the key. */
  readonly target: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const aliases = defineTable<AliasRecord>()("kms.aliases", (alias) => alias.arn, ofAccount, {
  scope: scopeKey,
  target: ({ target }) => target,
});
