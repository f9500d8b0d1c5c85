import { formatAddress, parseAddress, parseCidr } from "../domain/cidr.ts";
import { CliError } from "./cli-error.ts";

/**
 * `AIRFIELD_TARGET_ADDRESSES`: addresses and blocks that load balancers may send to besides those of their VPC and private ones elsewhere, such as
 * `127.0.0.1,192.0.2.0/24`. Whoever may register targets then reaches what listens there, as this host does.
 * @throws CliError
 */
export function targetAddressesSetting(environment: Readonly<Record<string, string | undefined>> = process.env): readonly string[] {
  const parts = (environment["AIRFIELD_TARGET_ADDRESSES"] ?? "").split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "")
    .map((part) => {
      const address = parseAddress(part);
      const block = address === undefined ? part : `${formatAddress(address)}/32`;
      if (parseCidr(block)) return block;
      throw new CliError(
        `AIRFIELD_TARGET_ADDRESSES holds ${JSON.stringify(part)}, which is no IPv4 address or block`,
        "It reads 127.0.0.1,192.0.2.0/24; the bits of a block beyond its prefix are zero.",
      );
    });
}
