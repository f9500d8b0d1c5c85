import { iamAccounts } from "../../state/iam-account.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { accountRecord, changeAccount } from "./account-record.ts";
import { alreadyExists, missing, onAccount, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";

function refuseAlias(alias: string): void {
  const pattern = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
  refuse(lengthWithin("accountAlias", alias, 3, 63), matches("accountAlias", alias, /^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/, pattern));
}

/** An account has one alias: a new one takes the old one's place. Aliases are unique among all accounts. */
export const createAccountAlias = operation("CreateAccountAlias", {
  authorize: onAccount("CreateAccountAlias"),
  run({ AccountAlias: alias = "" }, context) {
    refuseAlias(alias);
    if (context.state.whole.table(iamAccounts).by("alias", alias).length > 0)
      throw alreadyExists(`The account alias ${alias} already exists.`);
    changeAccount(context, (record) => ({ ...record, alias }));
    return {};
  },
});

export const deleteAccountAlias = operation("DeleteAccountAlias", {
  authorize: onAccount("DeleteAccountAlias"),
  run({ AccountAlias: alias = "" }, context) {
    refuseAlias(alias);
    if (accountRecord(context).alias !== alias) throw missing(`The account alias ${alias} cannot be found.`);
    changeAccount(context, ({ alias: _removed, ...record }) => record);
    return {};
  },
});

export const listAccountAliases = operation("ListAccountAliases", {
  authorize: onAccount("ListAccountAliases"),
  run(page, context) {
    const alias = context.state.table(iamAccounts).get(context.account)?.alias;
    const { items, more } = listed(alias === undefined ? [] : [alias], (one) => one, page, context);
    return { AccountAliases: [...items], ...more };
  },
});
