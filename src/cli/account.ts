import { DEFAULT_ACCOUNT, isAccount } from "../domain/scope.ts";
import { accountsFolder, addAccount, readAccounts } from "../drivers/filesystem/accounts.ts";
import { readRootCredentials } from "../drivers/filesystem/installation.ts";
import { openDataFolder } from "../drivers/filesystem/own-folder.ts";
import { CliError } from "./cli-error.ts";
import { dataSetting, START_COMMAND } from "./settings.ts";

export interface AccountFlags {
  readonly data?: string;
  readonly json?: boolean;
}

/** `airfield account add <id>`: one more account, whose root has keys of its own. A server that runs takes it up at once. */
export async function addAccountCommand(account: string, flags: AccountFlags): Promise<void> {
  if (!isAccount(account)) throw new CliError(`${JSON.stringify(account)} is not an account`, "An account has twelve digits.");
  const dataDirectory = await startedOn(flags);
  await openDataFolder(dataDirectory);
  if (account !== DEFAULT_ACCOUNT) await addAccount(accountsFolder(dataDirectory), account);
  console.log(`account ${account} is there; \`airfield env --account ${account}\` prints its root's keys`);
}

/** `airfield account list`: the accounts that live here. Secrets stay where they are. */
export async function listAccounts(flags: AccountFlags): Promise<void> {
  const dataDirectory = await startedOn(flags);
  const first = await readRootCredentials(dataDirectory);
  const all = [{ account: DEFAULT_ACCOUNT, accessKeyId: first?.accessKeyId }, ...(await readAccounts(accountsFolder(dataDirectory)))];
  const shown = all.map(({ account, accessKeyId }) => ({ account, accessKeyId }));
  if (flags.json) console.log(JSON.stringify(shown, undefined, 2));
  else for (const { account, accessKeyId } of shown) console.log(`${account}  ${accessKeyId}`);
}

async function startedOn(flags: AccountFlags): Promise<string> {
  const dataDirectory = dataSetting(flags.data);
  if ((await readRootCredentials(dataDirectory)) === undefined)
    throw new CliError(
      `Airfield has not been started on ${dataDirectory} yet`,
      `Run \`${START_COMMAND}\` first, or name another folder with AIRFIELD_DATA.`,
    );
  return dataDirectory;
}
