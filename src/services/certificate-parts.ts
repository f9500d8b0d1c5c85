import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readCertificate, type CertificateFacts } from "../state/certificate-facts.ts";
import { pemBlocks } from "./pem.ts";

// What ACM imports and what IAM takes: a certificate, its key and its chain, checked alike; what is wrong each says in its own words.

/** Source: ACM User Guide, "Prerequisites for importing ACM certificates". */
const SUPPORTED_KEYS: readonly string[] = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/** As deep as OpenSSL follows a chain. */
const LONGEST_CHAIN = 100;

/** Why a certificate could not serve. */
export type Flaw =
  | { readonly kind: "no-pem"; readonly of: "certificate" | "chain" }
  | { readonly kind: "several-certificates" }
  | { readonly kind: "unreadable"; readonly of: "certificate" | "chain" }
  | { readonly kind: "unreadable-key" }
  | { readonly kind: "encrypted-key" }
  | { readonly kind: "unsupported-key" }
  | { readonly kind: "key-mismatch" }
  | { readonly kind: "not-yet-valid"; readonly notBefore: number }
  | { readonly kind: "expired"; readonly notAfter: number }
  | { readonly kind: "no-issuer" }
  /** `at` is the place in the chain, from 0, of the one that the next does not certify; that of the certificate itself is -1. */
  | { readonly kind: "broken-chain"; readonly at: number }
  | { readonly kind: "no-chain" };

/** PEM texts. */
export interface CertificateParts {
  readonly certificate: string;
  readonly privateKey: string;
  readonly chain?: string | undefined;
}

export interface CheckedCertificate {
  readonly certificatePem: string;
  readonly chainPem?: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  readonly facts: CertificateFacts;
}

export interface CertificateCheck {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Whether one that is not self-signed may come without the certificates that lead from it. */
  readonly chainNeeded: boolean;
  /** The service's own error for what is wrong. */
  readonly refusal: (flaw: Flaw) => Error;
}

/** @throws the refusal of a certificate that could not serve: one that does not fit its key, its chain or the time, or is of no kind that is taken */
export async function checkCertificateParts(parts: CertificateParts, check: CertificateCheck): Promise<CheckedCertificate> {
  const { now, refusal } = check;
  const [pem, ...more] = certificatesOf(parts.certificate, "certificate", refusal);
  if (pem === undefined) throw refusal({ kind: "no-pem", of: "certificate" });
  if (more.length > 0) throw refusal({ kind: "several-certificates" });
  const key = readKey(parts.privateKey, refusal);
  const parsed = parse(pem, "certificate", refusal);
  const facts = await factsOf(pem, refusal);
  if (!SUPPORTED_KEYS.includes(facts.keyAlgorithm)) throw refusal({ kind: "unsupported-key" });
  if (!parsed.checkPrivateKey(key)) throw refusal({ kind: "key-mismatch" });
  if (facts.notBefore > now) throw refusal({ kind: "not-yet-valid", notBefore: facts.notBefore });
  if (facts.notAfter <= now) throw refusal({ kind: "expired", notAfter: facts.notAfter });
  if (parsed.issuer === undefined || parsed.issuer === "") throw refusal({ kind: "no-issuer" });
  const chainPem = parts.chain === undefined ? undefined : checkChain(parsed, parts.chain, check);
  if (chainPem === undefined && check.chainNeeded && !isSelfSigned(parsed)) throw refusal({ kind: "no-chain" });
  return {
    certificatePem: pem,
    ...(chainPem === undefined ? {} : { chainPem }),
    privateKeyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    facts,
  };
}

type Refusal = CertificateCheck["refusal"];

function certificatesOf(text: string, of: "certificate" | "chain", refusal: Refusal): readonly string[] {
  const blocks = pemBlocks(text);
  if (blocks.some(({ label }) => label !== "CERTIFICATE")) throw refusal({ kind: "no-pem", of });
  return blocks.map(({ pem }) => pem);
}

function parse(pem: string, of: "certificate" | "chain", refusal: Refusal): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw refusal({ kind: "unreadable", of });
  }
}

async function factsOf(pem: string, refusal: Refusal): Promise<CertificateFacts> {
  try {
    return await readCertificate(pem);
  } catch {
    throw refusal({ kind: "unreadable", of: "certificate" });
  }
}

function readKey(text: string, refusal: Refusal): KeyObject {
  // OpenSSL writes the parameters of a curve in front of a key of it.
  const keys = pemBlocks(text).filter(({ label }) => label !== "EC PARAMETERS");
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) throw refusal({ kind: "encrypted-key" });
  const [only] = keys;
  if (!only || keys.length > 1 || !only.label.endsWith("PRIVATE KEY")) throw refusal({ kind: "unreadable-key" });
  try {
    return createPrivateKey(only.pem);
  } catch {
    throw refusal({ kind: "unreadable-key" });
  }
}

/**
 * Each certificate of a chain certifies the one before; the root may be left out. Source: ACM User Guide, "Certificate import problems"; IAM
 * User Guide, "Upload a server certificate".
 */
function checkChain(certificate: X509Certificate, text: string, { now, refusal }: CertificateCheck): string {
  const chain = certificatesOf(text, "chain", refusal);
  if (chain.length === 0) throw refusal({ kind: "no-pem", of: "chain" });
  if (chain.length > LONGEST_CHAIN) throw refusal({ kind: "broken-chain", at: LONGEST_CHAIN });
  let below = certificate;
  for (const [at, pem] of chain.entries()) {
    const issuer = parse(pem, "chain", refusal);
    const valid = Date.parse(issuer.validFrom) <= now && now < Date.parse(issuer.validTo);
    if (!valid || !certifies(issuer, below)) throw refusal({ kind: "broken-chain", at: at - 1 });
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
