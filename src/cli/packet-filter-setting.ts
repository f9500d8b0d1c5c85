import { CliError } from "./cli-error.ts";

/**
 * `--require-packet-filter`, or `AIRFIELD_PACKET_FILTER=required`: the server does not start where security groups, network ACLs and routes cannot be enforced. `off`: they are
 * not, even where they could be. Absent: where they can be.
 */
export function packetFilterSetting(isRequired: boolean | undefined): "required" | "off" | undefined {
  const text = process.env["AIRFIELD_PACKET_FILTER"];
  if (text !== undefined && text !== "" && text !== "required" && text !== "off")
    throw new CliError(
      `AIRFIELD_PACKET_FILTER is ${text}`,
      "It may be `required` or `off`; without it the filter is there where it can be.",
    );
  if (!isRequired) return text === "required" || text === "off" ? text : undefined;
  if (text === "off")
    throw new CliError("the packet filter is both required and off", "Leave out --require-packet-filter or AIRFIELD_PACKET_FILTER.");
  return "required";
}
