import { iamAccounts } from "../../state/iam-account.ts";
import { within } from "../constraints.ts";
import { defined } from "../../domain/defined.ts";
import { changeAccount } from "./account-record.ts";
import { missing, onAccount, operation, refuse } from "./iam-operation.ts";

/** Every update states the whole policy: what it leaves out goes back to its default. Source: IAM API, "UpdateAccountPasswordPolicy". */
export const updateAccountPasswordPolicy = operation("UpdateAccountPasswordPolicy", {
  authorize: onAccount("UpdateAccountPasswordPolicy"),
  run(input, context) {
    const { MinimumPasswordLength: minimumLength = 6, MaxPasswordAge: maxAge, PasswordReusePrevention: reusePrevention } = input;
    refuse(
      within("minimumPasswordLength", minimumLength, 6, 128),
      within("maxPasswordAge", maxAge, 1, 1095),
      within("passwordReusePrevention", reusePrevention, 1, 24),
    );
    changeAccount(context, (record) => ({
      ...record,
      passwordPolicy: {
        minimumLength,
        requireSymbols: input.RequireSymbols ?? false,
        requireNumbers: input.RequireNumbers ?? false,
        requireUppercase: input.RequireUppercaseCharacters ?? false,
        requireLowercase: input.RequireLowercaseCharacters ?? false,
        usersMayChange: input.AllowUsersToChangePassword ?? false,
        ...defined({ maxAge, reusePrevention, hardExpiry: input.HardExpiry }),
      },
    }));
    return {};
  },
});

const noPolicy = (account: string) => missing(`The Password Policy with domain name ${account} cannot be found.`);

export const getAccountPasswordPolicy = operation("GetAccountPasswordPolicy", {
  authorize: onAccount("GetAccountPasswordPolicy"),
  run(_input, { state, account }) {
    const policy = state.table(iamAccounts).get(account)?.passwordPolicy;
    if (!policy) throw noPolicy(account);
    return {
      PasswordPolicy: {
        MinimumPasswordLength: policy.minimumLength,
        RequireSymbols: policy.requireSymbols,
        RequireNumbers: policy.requireNumbers,
        RequireUppercaseCharacters: policy.requireUppercase,
        RequireLowercaseCharacters: policy.requireLowercase,
        AllowUsersToChangePassword: policy.usersMayChange,
        ExpirePasswords: policy.maxAge !== undefined,
        ...defined({ MaxPasswordAge: policy.maxAge, PasswordReusePrevention: policy.reusePrevention, HardExpiry: policy.hardExpiry }),
      },
    };
  },
});

export const deleteAccountPasswordPolicy = operation("DeleteAccountPasswordPolicy", {
  authorize: onAccount("DeleteAccountPasswordPolicy"),
  run(_input, context) {
    if (!context.state.table(iamAccounts).get(context.account)?.passwordPolicy) throw noPolicy(context.account);
    changeAccount(context, ({ passwordPolicy: _removed, ...record }) => record);
    return {};
  },
});
