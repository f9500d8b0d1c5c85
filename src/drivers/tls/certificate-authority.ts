// What the library's container of parts needs before it is loaded.
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key, both as PEM. */
export interface Credential {
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of virtual machines lag behind after a pause. */
const BACKDATED_MS = DAY_MS;
const AUTHORITY_DAYS = 3650;
/** Under the longest that clients take of an authority that a user added: 825 days (Apple's, the strictest). */
const SERVER_DAYS = 397;

export interface AuthorityRequest {
  readonly name: string;
  /** Whom it may speak for; for everybody where absent, which who trusts it should know. */
  readonly domains?: readonly string[];
  /** Whether it may speak for servers that are called by their address. */
  readonly addresses?: boolean;
  readonly now: number;
}

/** Makes an authority, valid for ten years, that no client believes outside of `domains`, if it has some, should its key ever get lost (RFC 5280, 4.2.1.10). */
export async function newAuthority({ name, domains, addresses = false, now }: AuthorityRequest): Promise<Credential> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguished(name),
    ...validity(now, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      ...(domains ? [new x509.Extension("2.5.29.30", true, nameConstraints(domains, addresses))] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return credential(certificate, keys.privateKey);
}

/** Keys of servers, as ACM calls them. */
const KEYS = {
  EC_prime256v1: ALGORITHM,
  EC_secp384r1: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  RSA_2048: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
} as const;

export interface ServerRequest {
  /** Host names, also such as `*.example.com`, and addresses. */
  readonly hosts: readonly string[];
  readonly now: number;
  /** Of 64 characters at most (RFC 5280, `ub-common-name`); clients look at the alternative names (RFC 6125). */
  readonly commonName?: string;
  /** P-256 where absent. */
  readonly key?: keyof typeof KEYS;
  readonly days?: number;
}

export const isServerKey = (text: string): text is keyof typeof KEYS => Object.hasOwn(KEYS, text);

/** A server certificate for exactly these host names and addresses. */
export async function issue(
  authority: Credential,
  { hosts, now, commonName, key = "EC_prime256v1", days = SERVER_DAYS }: ServerRequest,
): Promise<Credential> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const pkcs8 = createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const keys = await newKeys(KEYS[key]);
  const { notBefore, notAfter } = validity(now, days);
  const flags = x509.KeyUsageFlags.digitalSignature | (key === "RSA_2048" ? x509.KeyUsageFlags.keyEncipherment : 0);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    subject: commonName === undefined ? distinguished("Airfield registry") : [{ CN: [commonName] }],
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(flags, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], false),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return credential(certificate, keys.privateKey);
}

function newKeys(algorithm: (typeof KEYS)[keyof typeof KEYS] = ALGORITHM): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function credential(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Promise<Credential> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return { certificate: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n` };
}

function validity(now: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now - BACKDATED_MS + days * DAY_MS) };
}

/** Positive, and not guessable: the first bit is 0. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

const distinguished = (commonName: string): x509.JsonName => [{ O: ["Airfield"] }, { CN: [commonName] }];

/** DER of `NameConstraints` with these domains, and what is below them, as the permitted ones; IP addresses are permitted all or not at all. */
function nameConstraints(domains: readonly string[], addresses: boolean): Buffer {
  const permitted = domains.map((domain) => der(0x30, der(0x82, Buffer.from(domain, "ascii"))));
  const noAddresses = [8, 32].map((length) => der(0x30, der(0x87, Buffer.alloc(length))));
  return der(0x30, der(0xa0, ...permitted), ...(addresses ? [] : [der(0xa1, ...noAddresses)]));
}

function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length > 0xffff) throw new RangeError(`${body.length} bytes need a longer form of DER lengths than is written here`);
  const length =
    body.length > 0xff ? [0x82, body.length >> 8, body.length & 0xff] : body.length > 0x7f ? [0x81, body.length] : [body.length];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
