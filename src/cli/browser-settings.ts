import { isIP } from "node:net";
import { CliError } from "./cli-error.ts";

interface BrowserSettings {
  readonly hostNames?: readonly string[];
  readonly origins?: readonly string[];
}

/**
 * `AIRFIELD_HOST_NAMES`: by which clients call the endpoint besides its own names, such as `airfield.example.com`, an address, or
 * `*.example.com` for all names below one. `AIRFIELD_ORIGINS`: pages whose scripts may read answers, such as `https://console.example.com`.
 * Both with commas or spaces in between.
 * @throws CliError for what is none
 */
export function browserSettings(): BrowserSettings {
  const hostNames = listed("AIRFIELD_HOST_NAMES").map(hostName);
  const origins = listed("AIRFIELD_ORIGINS").map(origin);
  return { ...(hostNames.length > 0 ? { hostNames } : {}), ...(origins.length > 0 ? { origins } : {}) };
}

function listed(variable: string): readonly string[] {
  return (process.env[variable] ?? "").split(/[\s,]+/).filter((text) => text !== "");
}

const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/;

function hostName(text: string): string {
  const lower = text.toLowerCase();
  // In URLs, IPv6 addresses have brackets.
  const address = lower.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) !== 0) return address;
  if (NAME.test(lower)) return lower;
  throw new CliError(
    `AIRFIELD_HOST_NAMES: ${JSON.stringify(text)} is not a host name`,
    "Give names or addresses without ports, such as airfield.example.com, or *.example.com for all names below one.",
  );
}

function origin(text: string): string {
  // A star is a letter of a host name like others to URL: taken, it would name a page that is nobody's.
  if (/^https?:[^*]*$/.test(text) && URL.canParse(text) && new URL(text).origin === text) return text;
  throw new CliError(
    `AIRFIELD_ORIGINS: ${JSON.stringify(text)} is not an origin`,
    "Give origins as browsers write them: https://console.example.com, with a port only where it is not the usual one, no path, and no star for several.",
  );
}
