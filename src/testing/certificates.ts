import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** Flags of RFC 5280, 4.2.1.3. */
export const KeyUsage = x509.KeyUsageFlags;

/** A certificate of a test's own with its keys. */
export interface MadeCertificate {
  readonly pem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface CertificateOptions {
  readonly commonName?: string;
  readonly organisation?: string;
  readonly names?: readonly string[];
  /** P-256 where absent. */
  readonly key?: "P-256" | "P-384" | "P-521" | 1024 | 2048 | 4096;
  /** Itself where absent. */
  readonly issuer?: MadeCertificate;
  readonly authority?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly usages?: x509.KeyUsageFlags;
  readonly extendedUsages?: readonly string[];
}

const DAY = 86_400_000;

/** Makes a certificate as some authority elsewhere would. */
export async function madeCertificate(options: CertificateOptions = {}): Promise<MadeCertificate> {
  const { names = [], key = "P-256", issuer, authority = false, usages, extendedUsages } = options;
  const algorithm = algorithmOf(key);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const subject: x509.JsonName = [
    ...(options.organisation === undefined ? [] : [{ O: [options.organisation] }]),
    ...(options.commonName === undefined ? [] : [{ CN: [options.commonName] }]),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "0a1b2c3d4e5f",
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY),
    notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY),
    signingAlgorithm: issuer ? { ...issuer.keys.privateKey.algorithm, hash: "SHA-256" } : algorithm,
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(authority, undefined, true),
      ...(usages === undefined ? [] : [new x509.KeyUsagesExtension(usages, true)]),
      ...(extendedUsages === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...extendedUsages])]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { pem: `${certificate.toString("pem")}\n`, keyPem: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`, certificate, keys };
}

function algorithmOf(key: NonNullable<CertificateOptions["key"]>): webcrypto.EcKeyGenParams & webcrypto.RsaHashedKeyGenParams {
  const made =
    typeof key === "number"
      ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: key, publicExponent: new Uint8Array([1, 0, 1]) }
      : { name: "ECDSA", namedCurve: key, hash: "SHA-256" };
  return made as webcrypto.EcKeyGenParams & webcrypto.RsaHashedKeyGenParams;
}
