import { parseCidr } from "../domain/cidr.ts";
import { CliError } from "./cli-error.ts";

/**
 * `AIRFIELD_PUBLIC_ADDRESSES`: the block from which tasks and Elastic IP addresses get public addresses, such as `203.0.113.0/24`, which leads to this
 * host; `undefined` for one of loopback that is this installation's. Reached from this host alone unless the block is routed here.
 * @throws CliError
 */
export function publicAddressesSetting(environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const text = (environment["AIRFIELD_PUBLIC_ADDRESSES"] ?? "").trim();
  if (text === "") return undefined;
  const block = parseCidr(text);
  if (block && block.prefix >= 8 && block.prefix <= 30) return text;
  throw new CliError(
    `AIRFIELD_PUBLIC_ADDRESSES is ${JSON.stringify(text)}, which is no block of IPv4 addresses`,
    "It reads 127.128.0.0/18, with a prefix from 8 to 30; the bits beyond the prefix are zero.",
  );
}
