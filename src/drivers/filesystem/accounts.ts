import { mkdirSync, watch } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../ports/logger.ts";
import { keepPrivate, newRootKey, readPrivate, type KeyPair } from "./private-file.ts";

/** The root of an account beside the installation's first one. */
export interface AccountKey extends KeyPair {
  /** Twelve digits. */
  readonly account: string;
}

/** The folder within the data folder: a file an account, which only its owner may read. */
export function accountsFolder(dataDirectory: string): string {
  return join(dataDirectory, "accounts");
}

const FILE = /^(\d{12})\.json$/;

/** Makes an account, or gives the one that is there. */
export async function addAccount(folder: string, account: string): Promise<AccountKey> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keys = JSON.parse(await keepPrivate(folder, `${account}.json`, () => JSON.stringify(newRootKey()))) as KeyPair;
  return { account, ...keys };
}

/** In the order of their numbers. */
export async function readAccounts(folder: string): Promise<readonly AccountKey[]> {
  const found: AccountKey[] = [];
  for (const name of (await readdir(folder).catch(none)).sort()) {
    const account = FILE.exec(name)?.[1];
    const text = account === undefined ? undefined : await readPrivate(join(folder, name));
    if (account !== undefined && text !== undefined) found.push({ account, ...(JSON.parse(text) as KeyPair) });
  }
  return found;
}

export interface FollowedAccounts extends Disposable {
  /** As the folder says now. */
  readonly current: readonly AccountKey[];
}

/** Reads the accounts, and again whenever their folder changes. Resolves when they are read first. */
export async function followAccounts(folder: string, logger: Logger): Promise<FollowedAccounts> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let current = await readAccounts(folder);
  const again = (): void => {
    readAccounts(folder).then(
      (accounts) => {
        if (accounts.length !== current.length)
          logger.info("the accounts have changed", { accounts: accounts.map(({ account }) => account) });
        current = accounts;
      },
      (cause: unknown) => logger.warn("the accounts cannot be read; those known stay", { cause: String(cause) }),
    );
  };
  const watcher = watch(folder, { persistent: false }, (_event, file) => {
    if (file === null || FILE.test(file)) again();
  });
  watcher.on("error", (cause) => logger.warn("the folder of accounts is no longer watched", { cause: String(cause) }));
  // What came between the first reading and the watching.
  again();
  return {
    get current() {
      return current;
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}

function none(cause: unknown): string[] {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  return [];
}
