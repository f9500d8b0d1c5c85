import { resolve } from "node:path";
import type { AcmeSettings } from "../drivers/acme/acme-issuer.ts";
import { CliError } from "./cli-error.ts";

/**
 * `AIRFIELD_ACME_DIRECTORY`: the ACME directory that issues ACM's certificates instead of the installation's own authority, with `AIRFIELD_ACME_CONTACT`
 * (an e-mail address), `AIRFIELD_ACME_CA_FILE` (who vouches for the directory's server), and `AIRFIELD_ACME_EAB_KID` and `AIRFIELD_ACME_EAB_HMAC_KEY`.
 * @throws CliError
 */
export function acmeSetting(): AcmeSettings | undefined {
  const text = (name: string): string | undefined => process.env[`AIRFIELD_ACME_${name}`] || undefined;
  const [directory, contact, caFile] = ["DIRECTORY", "CONTACT", "CA_FILE"].map(text);
  const [id, key] = ["EAB_KID", "EAB_HMAC_KEY"].map(text);
  if (directory === undefined) {
    const idle = ["CONTACT", "CA_FILE", "EAB_KID", "EAB_HMAC_KEY"].find((name) => text(name) !== undefined);
    if (idle !== undefined)
      throw new CliError(`AIRFIELD_ACME_${idle} says nothing without AIRFIELD_ACME_DIRECTORY`, "Set that too, or neither.");
    return undefined;
  }
  if (!URL.canParse(directory) || new URL(directory).protocol !== "https:")
    throw new CliError(
      `AIRFIELD_ACME_DIRECTORY: ${JSON.stringify(directory)} is no URL of a directory`,
      "Give one such as https://acme-v02.api.letsencrypt.org/directory.",
    );
  if (contact !== undefined && !/^[^@\s,]+@[^@\s,]+$/.test(contact))
    throw new CliError(`AIRFIELD_ACME_CONTACT: ${JSON.stringify(contact)} is no e-mail address`, "Give one, such as ops@example.com.");
  if ((id === undefined) !== (key === undefined))
    throw new CliError("AIRFIELD_ACME_EAB_KID and AIRFIELD_ACME_EAB_HMAC_KEY belong together", "Set both, or neither.");
  return {
    directory,
    ...(contact === undefined ? {} : { contact }),
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
    ...(id === undefined || key === undefined ? {} : { externalAccount: { id, key } }),
  };
}
