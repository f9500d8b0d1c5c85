import { keyInScope, scopeKey } from "../domain/scope.ts";
import { defineTable, ofAccount } from "./table.ts";

/** An account setting of ECS: of one principal, or of all of the account where the principal is its root. */
export interface AccountSettingRecord {
  readonly account: string;
  readonly region: string;
  readonly principalArn: string;
  readonly name: string;
  readonly value: string;
}

export const accountSettings = defineTable<AccountSettingRecord>()(
  "ecs.account-settings",
  ({ account, region, principalArn, name }) => keyInScope({ account, region }, `${principalArn}/${name}`),
  ofAccount,
  { scope: scopeKey },
);
