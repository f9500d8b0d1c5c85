import { KeyPairMismatchException, MalformedCertificateException } from "@aws-sdk/client-iam";
import type { Flaw } from "../certificate-parts.ts";
import { because } from "../operation.ts";

const NO_CERTIFICATE = "Unable to parse certificate. Please ensure the certificate is in PEM format.";

/** What UploadServerCertificate says of a certificate that could not serve. */
export function uploadRefusal(flaw: Flaw): KeyPairMismatchException | MalformedCertificateException {
  if (flaw.kind === "key-mismatch")
    return new KeyPairMismatchException(because("The public key certificate and the private key do not match."));
  return new MalformedCertificateException(because(textOf(flaw)));
}

function textOf(flaw: Exclude<Flaw, { readonly kind: "key-mismatch" }>): string {
  switch (flaw.kind) {
    case "no-pem":
    case "unreadable":
      return flaw.of === "chain" ? chainText(-1) : NO_CERTIFICATE;
    case "several-certificates":
      return "The certificate body contains more than one certificate. Please put those that lead from it in the certificate chain.";
    case "unreadable-key":
      return "Private key was in an unrecognized format.";
    case "encrypted-key":
      return "The private key must not be encrypted.";
    case "unsupported-key":
      return "The private key is of an algorithm or a length that is not supported.";
    case "not-yet-valid":
      return `Certificate is not yet valid. The 'Not Before' date restricts it from being used before ${new Date(flaw.notBefore).toUTCString()}.`;
    case "expired":
      return `Certificate is no longer valid. The 'Not After' date restricts it from being used after ${new Date(flaw.notAfter).toUTCString()}.`;
    case "no-issuer":
      return "The Issuer field of the certificate must not be empty.";
    case "broken-chain":
      return chainText(flaw.at);
    case "no-chain":
      return "The certificate is not self-signed and has no certificate chain.";
    default:
      return flaw satisfies never;
  }
}

function chainText(at: number): string {
  return `Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${at}`;
}
