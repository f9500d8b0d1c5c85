import { createHash } from "node:crypto";
import { isCertificateName } from "../../domain/host-name.ts";
import type { ProxyCertificate, ProxyTls } from "../../domain/proxy-tls.ts";

/** Where HAProxy finds what it needs to speak TLS, as it is told: names within its folder. */
export const TLS_FOLDER = "tls";

/** Certificates that a listener shows, each with its file and its names. The first is the default. */
export interface CertificateList {
  /** What HAProxy knows the list by. */
  readonly name: string;
  readonly entries: readonly [CertificateEntry, ...CertificateEntry[]];
}

export interface CertificateEntry {
  readonly file: string;
  /** None: what no host leads to. */
  readonly hosts: readonly string[];
  readonly pem: string;
}

/**
 * The default certificate has a file of its own, since HAProxy lets a default be replaced, but not taken away, while it runs. The others are named after what
 * they are and the names that they are shown under, so that a change of names comes before what it replaces goes.
 */
export function certificateList(listenerId: string, { certificates: [first, ...others] }: ProxyTls): CertificateList {
  const own = digest(listenerId);
  return {
    name: `${TLS_FOLDER}/${own}.list`,
    entries: [
      { file: `${TLS_FOLDER}/${own}.pem`, hosts: [], pem: first.pem },
      ...[first, ...others]
        // What is no name of a host could be read as something else.
        .map((certificate) => ({ ...certificate, hosts: certificate.hosts.filter(isCertificateName) }))
        .flatMap((certificate) => inLines(certificate.hosts).map((hosts) => ({ ...certificate, hosts })))
        .map((certificate) => ({ file: certificateFile(certificate), hosts: certificate.hosts, pem: certificate.pem })),
    ],
  };
}

/** HAProxy takes 2,048 words of a line, and 16 kB of a command; a certificate may have more names than that. Signs with their spaces. */
const LONGEST_LINE = 4000;

function inLines(hosts: readonly string[]): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let length = LONGEST_LINE;
  for (const host of hosts) {
    length += host.length + 1;
    if (length > LONGEST_LINE) {
      lines.push([]);
      length = host.length + 1;
    }
    lines.at(-1)?.push(host);
  }
  return lines;
}

function certificateFile({ id, hosts }: ProxyCertificate): string {
  return `${TLS_FOLDER}/${digest(JSON.stringify([id, hosts]))}.pem`;
}

/** A line of the list. One without names of its own is the default, and is shown under no name: HAProxy would take those in the certificate. */
export function entryLine({ file, hosts }: Pick<CertificateEntry, "file" | "hosts">): string {
  return [file, ...(hosts.length === 0 ? [NOBODY] : hosts)].join(" ");
}

/** RFC 6761, section 6.4: nobody has a name under it. */
const NOBODY = "default.invalid";

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
