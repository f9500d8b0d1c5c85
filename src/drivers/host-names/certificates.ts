import { isIP } from "node:net";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { readPrivateWhole } from "../filesystem/private-file.ts";
import type { Credential } from "../tls/certificate-authority.ts";
import { ECR_DOMAINS } from "./ecr-host-name.ts";
import { writeWhole, type Owner } from "./write-file.ts";

// The library that makes certificates takes tens of megabytes: it is loaded when one has to be made, which is seldom.
const issuing = (): Promise<typeof import("../tls/certificate-authority.ts")> => import("../tls/certificate-authority.ts");

export interface CertificateFolder {
  readonly folder: string;
  /** Names the installation in its authority. */
  readonly installation: string;
  readonly now: number;
  readonly owner?: Owner;
  /** What the authority speaks for: ECR's domains where absent, whatever there is of `any`. */
  readonly domains?: readonly string[] | "any";
  /** Whether for servers called by their address too. */
  readonly addresses?: boolean;
}

/** Files of the folder. The `.pem` ones hold a private key. */
export const AUTHORITY_FILE = "ca.pem";
export const AUTHORITY_CERTIFICATE_FILE = "ca.crt";
export const SERVER_FILE = "server.pem";

/** The installation's authority for ECR's names, made at the first call, and anew when it nears its end. */
export async function openAuthority({
  folder,
  installation,
  now,
  owner,
  domains = ECR_DOMAINS,
  addresses = false,
}: CertificateFolder): Promise<Credential> {
  const kept = await readCredential(join(folder, AUTHORITY_FILE));
  if (kept && now < nearTheEnd(kept.certificate) && speaksFor(kept.certificate, domains)) return kept;
  const { newAuthority } = await issuing();
  const made = await newAuthority({ name: `Airfield ${installation}`, ...(domains === "any" ? {} : { domains }), addresses, now });
  await writeCredential(join(folder, AUTHORITY_FILE), made, owner);
  await writeWhole(join(folder, AUTHORITY_CERTIFICATE_FILE), made.certificate, { mode: 0o644, owner });
  return made;
}

/** The certificate of the authority, for who should trust it; `undefined` where there is none. */
export async function authorityCertificate(folder: string): Promise<string | undefined> {
  return (await readCredential(join(folder, AUTHORITY_FILE)))?.certificate;
}

/**
 * A server certificate for these hosts: the one that is kept, while it fits and is not due for renewal, else a new one.
 * @throws Error where the authority is gone
 */
export async function serverCertificate(
  folder: string,
  hosts: readonly string[],
  now: number,
): Promise<Credential & { readonly renewAt: number }> {
  const authority = await readCredential(join(folder, AUTHORITY_FILE));
  if (!authority) throw new Error(`${join(folder, AUTHORITY_FILE)} is gone: run \`airfield hosts install\` again`);
  const kept = await readCredential(join(folder, SERVER_FILE));
  if (kept && fits(kept.certificate, authority.certificate, hosts)) {
    const renewAt = twoThirds(kept.certificate);
    if (now < renewAt) return { ...kept, renewAt };
  }
  const made = await (await issuing()).issue(authority, { hosts, now });
  await writeCredential(join(folder, SERVER_FILE), made);
  return { ...made, renewAt: twoThirds(made.certificate) };
}

function fits(certificate: string, authority: string, hosts: readonly string[]): boolean {
  const [server, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)];
  const count = (server.subjectAltName ?? "").split(", ").length;
  const named = hosts.every((host) => (isIP(host) === 0 ? server.checkHost(host) : server.checkIP(host)) !== undefined);
  return server.verify(issuer.publicKey) && count === hosts.length && named;
}

/** Whether these domains are among the authority's constraints, which hold them as plain text. */
function speaksFor(authority: string, domains: readonly string[] | "any"): boolean {
  if (domains === "any") return true;
  const { raw } = new X509Certificate(authority);
  return domains.every((domain) => raw.includes(Buffer.from(domain, "ascii")));
}

/** When a server certificate is to be renewed. */
function twoThirds(certificate: string): number {
  const { from, to } = lifeOf(certificate);
  return from + ((to - from) * 2) / 3;
}

/** An authority is replaced while a server certificate of full length would outlive it. */
function nearTheEnd(certificate: string): number {
  const { from, to } = lifeOf(certificate);
  return to - (to - from) / 8;
}

function lifeOf(certificate: string): { readonly from: number; readonly to: number } {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

async function readCredential(file: string): Promise<Credential | undefined> {
  const text = await readPrivateWhole(file);
  if (text === undefined) return undefined;
  const [key, certificate] = [
    /-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n/,
    /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----\n/,
  ].map((part) => part.exec(text)?.[0]);
  if (!key || !certificate) throw new Error(`${file} does not hold a private key and a certificate`);
  return { key, certificate };
}

function writeCredential(file: string, { key, certificate }: Credential, owner?: Owner): Promise<void> {
  return writeWhole(file, key + certificate, { mode: 0o600, owner });
}
