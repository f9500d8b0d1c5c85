import { normalPath, type HostGrants } from "../domain/host-grants.ts";
import { isAccount } from "../domain/scope.ts";
import { CliError } from "./cli-error.ts";

export interface HostRightsFlags {
  readonly hostPath?: readonly string[];
  readonly hostVolume?: readonly string[];
  readonly privilegedAccount?: readonly string[];
}

export interface HostRightsSettings extends Pick<HostGrants, "paths" | "volumes" | "privilegedAccounts"> {
  /** Whether every account may have images that were made on the engine. */
  readonly imagesMadeHere: boolean;
}

/**
 * What of the host the operator opens to tasks: from flags, or `AIRFIELD_HOST_PATHS`, `AIRFIELD_HOST_VOLUMES`, `AIRFIELD_PRIVILEGED_ACCOUNTS` (lists with
 * commas) and `AIRFIELD_HOST_IMAGES`. A path or a volume is for one account (`222222222222=/srv/app`), or without one for all.
 * @throws CliError for what is none of these
 */
export function hostRightsSettings(flags: HostRightsFlags): HostRightsSettings {
  return {
    paths: (flags.hostPath ?? listed("AIRFIELD_HOST_PATHS")).map(pathGrant),
    volumes: (flags.hostVolume ?? listed("AIRFIELD_HOST_VOLUMES")).map(volumeGrant),
    privilegedAccounts: (flags.privilegedAccount ?? listed("AIRFIELD_PRIVILEGED_ACCOUNTS")).map(account),
    imagesMadeHere: switched("AIRFIELD_HOST_IMAGES"),
  };
}

function pathGrant(text: string): HostGrants["paths"][number] {
  const { who, what } = halves(text);
  const path = normalPath(what);
  if (path === undefined)
    throw new CliError(
      `${JSON.stringify(what)} is not an absolute path`,
      "Name folders of this host: AIRFIELD_HOST_PATHS=/srv/all,222222222222=/srv/one.",
    );
  return { ...who, path };
}

function volumeGrant(text: string): HostGrants["volumes"][number] {
  const { who, what } = halves(text);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(what))
    throw new CliError(
      `${JSON.stringify(what)} is not a volume's name`,
      "Name volumes of the engine: AIRFIELD_HOST_VOLUMES=all,222222222222=one.",
    );
  return { ...who, name: what };
}

/** `222222222222=what`, or `what`. */
function halves(text: string): { readonly who: { readonly account?: string }; readonly what: string } {
  const at = /^[^/=]*=/.exec(text)?.[0].length;
  return at === undefined ? { who: {}, what: text } : { who: { account: account(text.slice(0, at - 1)) }, what: text.slice(at) };
}

function account(text: string): string {
  if (!isAccount(text))
    throw new CliError(`${JSON.stringify(text)} is not an account`, "An account is twelve digits, such as 123456789012.");
  return text;
}

function listed(name: string): readonly string[] {
  return (process.env[name] ?? "").split(",").flatMap((item) => item.trim() || []);
}

function switched(name: string): boolean {
  const text = process.env[name] ?? "";
  if (/^(?:|1|true|yes|on)$/i.test(text)) return true;
  if (/^(?:0|false|no|off)$/i.test(text)) return false;
  throw new CliError(`${name}=${text} is neither on nor off`, "Unset it to have the default, on.");
}
