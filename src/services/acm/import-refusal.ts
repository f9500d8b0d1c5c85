import type { AwsError } from "../aws-error.ts";
import type { Flaw } from "../certificate-parts.ts";
import { invalid } from "./certificate.ts";

/** The texts are those of AWS's article on troubleshooting imports. */
const TEXTS: Readonly<Record<Flaw["kind"], string>> = {
  "no-pem": "The certificate body/chain provided is not in a valid PEM format.",
  "several-certificates": "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
  unreadable: "Unable to parse certificate. Please ensure the certificate is in PEM format.",
  "unreadable-key": "The private key is not supported.",
  "encrypted-key": "Your private key should not be encrypted.",
  "unsupported-key": "The private key length is not supported for key algorithm.",
  "key-mismatch": "The private key does not match the certificate.",
  "not-yet-valid": "The certificate is not valid yet: its NotBefore date is in the future.",
  expired: "The certificate has expired: its NotAfter date is in the past.",
  "no-issuer": "The Issuer field of the certificate must not be empty.",
  "broken-chain": "Could not validate the certificate with the certificate chain.",
  "no-chain":
    "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.",
};

export function importRefusal({ kind }: Flaw): AwsError {
  return invalid(TEXTS[kind]);
}
