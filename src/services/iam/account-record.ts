import { iamAccounts, type IamAccountRecord } from "../../state/iam-account.ts";
import type { OperationContext } from "../operation.ts";

/** What is kept of the caller's account; noted when it is first asked for. */
export function accountRecord({ state, account, now }: OperationContext): IamAccountRecord {
  const known = state.table(iamAccounts).get(account);
  return known ?? state.commit(() => state.table(iamAccounts).put({ account, createdAt: now }));
}

export function changeAccount(context: OperationContext, change: (record: IamAccountRecord) => IamAccountRecord): void {
  context.state.commit(() => context.state.table(iamAccounts).put(change(accountRecord(context))));
}
