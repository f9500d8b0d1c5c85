import { defineTable, ofAccount } from "./table.ts";

/** What IAM keeps of an account itself. Times are milliseconds since the Unix epoch. */
export interface IamAccountRecord {
  readonly account: string;
  /** When IAM was first asked about the account; what root shows as its creation. */
  readonly createdAt: number;
  /** One at most, as on AWS. */
  readonly alias?: string;
  readonly passwordPolicy?: PasswordPolicyRecord;
  readonly credentialReport?: { readonly generatedAt: number; readonly csv: string };
}

/** Kept and told; there are no passwords here yet. */
export interface PasswordPolicyRecord {
  readonly minimumLength: number;
  readonly requireSymbols: boolean;
  readonly requireNumbers: boolean;
  readonly requireUppercase: boolean;
  readonly requireLowercase: boolean;
  readonly usersMayChange: boolean;
  /** Days; absent where passwords do not expire. */
  readonly maxAge?: number;
  readonly reusePrevention?: number;
  readonly hardExpiry?: boolean;
}

export const iamAccounts = defineTable<IamAccountRecord>()("iam.accounts", ({ account }) => account, ofAccount, {
  alias: ({ alias }) => alias,
});

/** One request to delete a service-linked role, kept so that its outcome can be asked for. */
export interface RoleDeletionRecord {
  /** `task/aws-service-role/<service>/<role name>/<uuid>`. */
  readonly id: string;
  readonly account: string;
  readonly status: "SUCCEEDED" | "FAILED";
  readonly reason?: string;
  readonly usage?: readonly { readonly region: string; readonly resources: readonly string[] }[];
}

export const roleDeletions = defineTable<RoleDeletionRecord>()("iam.role-deletions", ({ account, id }) => `${account}/${id}`, ofAccount);
