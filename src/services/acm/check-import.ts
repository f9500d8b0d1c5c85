import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readCertificate, type CertificateFacts } from "../../state/certificate-facts.ts";
import { invalid } from "./certificate.ts";
import { pemBlocks } from "./pem.ts";

/** Source: ACM User Guide, "Prerequisites for importing ACM certificates"; the texts are those of AWS's article on troubleshooting imports. */
const SUPPORTED_KEYS: readonly string[] = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/** As deep as OpenSSL follows a chain. */
const LONGEST_CHAIN = 100;

export interface Import {
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly chain?: Uint8Array | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

export interface CheckedImport {
  readonly certificatePem: string;
  readonly chainPem?: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  readonly facts: CertificateFacts;
}

/** @throws ValidationException for a certificate that could not serve: one that does not fit its key, its chain or the time, or is of no kind that ACM takes */
export async function checkImport({ certificate, privateKey, chain, now }: Import): Promise<CheckedImport> {
  const [pem, ...more] = certificatesOf(certificate);
  if (pem === undefined) throw invalid("The certificate body/chain provided is not in a valid PEM format.");
  if (more.length > 0)
    throw invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.");
  const key = readKey(privateKey);
  const parsed = parse(pem);
  const facts = await factsOf(pem);
  if (!SUPPORTED_KEYS.includes(facts.keyAlgorithm)) throw invalid("The private key length is not supported for key algorithm.");
  if (!parsed.checkPrivateKey(key)) throw invalid("The private key does not match the certificate.");
  if (facts.notBefore > now) throw invalid("The certificate is not valid yet: its NotBefore date is in the future.");
  if (facts.notAfter <= now) throw invalid("The certificate has expired: its NotAfter date is in the past.");
  if (parsed.issuer === undefined || parsed.issuer === "") throw invalid("The Issuer field of the certificate must not be empty.");
  const chainPem = chain && checkChain(parsed, certificatesOf(chain), now);
  if (chainPem === undefined && !isSelfSigned(parsed))
    throw invalid(
      "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.",
    );
  return {
    certificatePem: pem,
    ...(chainPem === undefined ? {} : { chainPem }),
    privateKeyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    facts,
  };
}

function certificatesOf(text: Uint8Array): readonly string[] {
  const blocks = pemBlocks(Buffer.from(text).toString("latin1"));
  if (blocks.some(({ label }) => label !== "CERTIFICATE"))
    throw invalid("The certificate body/chain provided is not in a valid PEM format.");
  return blocks.map(({ pem }) => pem);
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid("Unable to parse certificate. Please ensure the certificate is in PEM format.");
  }
}

async function factsOf(pem: string): Promise<CertificateFacts> {
  try {
    return await readCertificate(pem);
  } catch {
    throw invalid("Unable to parse certificate. Please ensure the certificate is in PEM format.");
  }
}

function readKey(text: Uint8Array): KeyObject {
  const blocks = pemBlocks(Buffer.from(text).toString("latin1"));
  // OpenSSL writes the parameters of a curve in front of a key of it.
  const keys = blocks.filter(({ label }) => label !== "EC PARAMETERS");
  const whole = Buffer.from(text).toString("latin1");
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(whole))
    throw invalid("Your private key should not be encrypted.");
  const [only] = keys;
  if (!only || keys.length > 1 || !only.label.endsWith("PRIVATE KEY")) throw invalid("The private key is not supported.");
  try {
    return createPrivateKey(only.pem);
  } catch {
    throw invalid("The private key is not supported.");
  }
}

/**
 * Each certificate of a chain certifies the one before; the root may be left out. Source: ACM User Guide, "Certificate import problems".
 * @throws ValidationException
 */
function checkChain(certificate: X509Certificate, chain: readonly string[], now: number): string {
  if (chain.length === 0) throw invalid("The certificate body/chain provided is not in a valid PEM format.");
  if (chain.length > LONGEST_CHAIN) throw invalid("Could not validate the certificate with the certificate chain.");
  let below = certificate;
  for (const pem of chain) {
    const issuer = parse(pem);
    const valid = Date.parse(issuer.validFrom) <= now && now < Date.parse(issuer.validTo);
    if (!valid || !certifies(issuer, below)) throw invalid("Could not validate the certificate with the certificate chain.");
    below = issuer;
  }
  return chain.join("");
}

/** Not `checkIssued`, which asks for a usage that a server's own certificate need not have. */
function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
}

function certifies(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
