import { readFileSync } from "node:fs";
import { accountsFolder, readAccounts } from "../drivers/filesystem/accounts.ts";
import { readRootCredentials } from "../drivers/filesystem/installation.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import { CliError } from "./cli-error.ts";
import { runningServer, type RunningServer } from "./running-server.ts";
import { dataSetting, portSetting, regionSetting, START_COMMAND } from "./settings.ts";

/** How to reach an installation, and as whom. */
export interface Access {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The file of the authority that the endpoint's certificate comes from; absent where the system knows it, or there is no TLS. */
  readonly authorityFile?: string;
}

export interface AccessFlags {
  readonly port?: string;
  readonly data?: string;
  readonly region?: string;
  /** Whose root: the first account's where absent. */
  readonly account?: string;
}

/** What an SDK client needs to get there. */
export function clientSettings({ endpoint, credentials, authorityFile }: Access, region: string) {
  const trusted = authorityFile === undefined ? {} : { requestHandler: { httpsAgent: { ca: readFileSync(authorityFile) } } };
  return { endpoint, credentials, region, ...trusted };
}

/**
 * The endpoint and root's keys of the installation that the flags and the environment name. Whether it runs is not asked.
 * @throws CliError where it was never started, or runs with keys that are not known here
 */
export async function rootAccess(flags: AccessFlags): Promise<Access> {
  const dataDirectory = dataSetting(flags.data);
  const server = runningServer(dataDirectory);
  const named = flags.port ?? process.env["AIRFIELD_PORT"];
  // A port that is named says nothing of TLS: the server that works on this folder does.
  const scheme = server ? new URL(server.url).protocol : "http:";
  const endpoint = server && !named ? server.url : `${scheme}//127.0.0.1:${portSetting(flags.port)}`;
  const credentials = await (flags.account === undefined || flags.account === DEFAULT_ACCOUNT
    ? firstAccountKeys(dataDirectory, server)
    : accountKeys(dataDirectory, flags.account));
  const authorityFile = server?.authorityFile;
  return { endpoint, region: regionSetting(flags.region), credentials, ...(authorityFile === undefined ? {} : { authorityFile }) };
}

type Keys = Access["credentials"];

/** The environment's keys, or those that the installation made. They must be those of the server, where it runs. */
async function firstAccountKeys(dataDirectory: string, server: RunningServer | undefined): Promise<Keys> {
  const { AIRFIELD_ROOT_ACCESS_KEY_ID: accessKeyId, AIRFIELD_ROOT_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  const fixed = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const kept = fixed ?? (await readRootCredentials(dataDirectory));
  if (!kept)
    throw new CliError(
      `Airfield has not been started on ${dataDirectory} yet`,
      `Run \`${START_COMMAND}\` first, or name another folder with AIRFIELD_DATA.`,
    );
  if (server && server.accessKeyId !== kept.accessKeyId) {
    throw new CliError(
      `the server that runs on ${dataDirectory} was started with AIRFIELD_ROOT_ACCESS_KEY_ID=${server.accessKeyId}`,
      "Set AIRFIELD_ROOT_ACCESS_KEY_ID and AIRFIELD_ROOT_SECRET_ACCESS_KEY here as they were set there.",
    );
  }
  return kept;
}

async function accountKeys(dataDirectory: string, wanted: string): Promise<Keys> {
  const found = (await readAccounts(accountsFolder(dataDirectory))).find(({ account }) => account === wanted);
  if (!found) throw new CliError(`there is no account ${wanted}`, `Run \`airfield account add ${wanted}\`.`);
  const { accessKeyId, secretAccessKey } = found;
  return { accessKeyId, secretAccessKey };
}
