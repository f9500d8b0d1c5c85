import { createHmac } from "node:crypto";
import { InvalidDomainValidationOptionsException, type DomainValidationOption } from "@aws-sdk/client-acm";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { DomainValidationRecord } from "../../state/acm.ts";
import { because } from "../operation.ts";

/**
 * The CNAME that proves that a domain is the account's: always the same for both, in whichever region and for however many certificates, and that of
 * `*.example.com` is that of `example.com`. Nobody else can tell it before.
 * Source: ACM User Guide, "DNS validation".
 */
export function domainValidation(
  secrets: SecretBox,
  account: string,
  domainName: string,
  validationDomain = domainName,
): DomainValidationRecord {
  const host = domainName.replace(/^\*\./, "");
  const token = (purpose: string): Buffer =>
    createHmac("sha256", secrets.derive("acm-domain-validation")).update(`${purpose} ${account} ${host}`).digest();
  const hex = (purpose: string): string => token(purpose).toString("hex").slice(0, 32);
  const letters = [...token("zone").subarray(0, 10)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
  return {
    domainName,
    validationDomain,
    recordName: `_${hex("name")}.${host}.`,
    recordValue: `_${hex("value")}.${letters}.acm-validations.aws.`,
    status: "PENDING_VALIDATION",
  };
}

/**
 * The validation domains of a request, by domain name. A validation domain is the domain or one above it.
 * @throws InvalidDomainValidationOptionsException
 */
export function validationDomains(names: readonly string[], options: readonly DomainValidationOption[]): ReadonlyMap<string, string> {
  const domains = new Map<string, string>();
  for (const { DomainName = "", ValidationDomain = "" } of options) {
    const [name, above] = [DomainName.toLowerCase(), ValidationDomain.toLowerCase()];
    const isAbove = name === above || name.endsWith(`.${above}`);
    if (!names.includes(name) || !isAbove || domains.has(name))
      throw new InvalidDomainValidationOptionsException(
        because(`The domain validation option of '${DomainName}' with '${ValidationDomain}' is not valid for this request.`),
      );
    domains.set(name, above);
  }
  return domains;
}
