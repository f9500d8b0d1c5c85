import { parseAddress } from "../../domain/cidr.ts";
import { readName } from "../../domain/dns/name.ts";
import { CliError } from "../cli-error.ts";
import { DEFAULT_PORT } from "../settings.ts";

/** Where the name server for this host listens, and whether somebody named the place. */
export interface DnsSetting {
  readonly address: string;
  readonly port: number;
  readonly asked: boolean;
}

export const DEFAULT_DNS = { address: "127.0.0.1", port: 4553 } as const;

/**
 * From a flag or `AIRFIELD_DNS`: `address:port`, or `off`. Where neither is given, the usual place, or nowhere beside a server that is on another port than
 * the usual one: two on a machine shall not want the same. @throws CliError
 */
export function dnsSetting(flag: string | undefined, port: number): DnsSetting | undefined {
  const text = flag ?? (process.env["AIRFIELD_DNS"] || undefined);
  if (text === undefined) return port === DEFAULT_PORT ? { ...DEFAULT_DNS, asked: false } : undefined;
  if (text === "off") return undefined;
  const [address = "", number = "", ...more] = text.split(":");
  const wanted = Number(number);
  if (more.length > 0 || parseAddress(address) === undefined || !/^\d+$/.test(number) || wanted > 65_535)
    throw new CliError(
      `${JSON.stringify(text)} is no place for a name server`,
      "Give --dns or AIRFIELD_DNS an IPv4 address and a port, such as 127.0.0.1:4553, or `off`.",
    );
  return { address, port: wanted, asked: true };
}

/** `AIRFIELD_SHARED_DOMAINS`: domains for which public zones answer to all accounts, with commas in between. @throws CliError */
export function sharedDomainsSetting(): readonly string[] {
  const texts = (process.env["AIRFIELD_SHARED_DOMAINS"] ?? "").split(",").map((text) => text.trim());
  return texts
    .filter((text) => text !== "")
    .map((text) => {
      const name = readName(text);
      if (typeof name === "string") return name;
      throw new CliError(
        `${JSON.stringify(text)} is no domain`,
        "Give AIRFIELD_SHARED_DOMAINS domains such as example.org, with commas in between.",
      );
    });
}
