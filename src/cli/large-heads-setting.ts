import { CliError } from "./cli-error.ts";

/**
 * `AIRFIELD_LARGE_HEADS` (`on`, `off`): whether load balancers take the heads of requests and answers that AWS's take, 64 KB. The proxy's buffers are for all
 * connections alike: each request has some 220 KB in place of 48, and takes more of its processor's time.
 * @throws CliError
 */
export function largeHeadsSetting(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const said = environment["AIRFIELD_LARGE_HEADS"] ?? "";
  if (said === "on") return true;
  if (said === "off" || said === "") return false;
  throw new CliError(`AIRFIELD_LARGE_HEADS=${said} is neither on nor off`, "Unset it to have the default: off.");
}
