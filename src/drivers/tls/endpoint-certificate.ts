import { watch } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { AUTHORITY_CERTIFICATE_FILE, openAuthority, serverCertificate } from "../host-names/certificates.ts";
import type { Credential } from "./certificate-authority.ts";

/** Where the endpoint's certificate comes from: files of the operator, or an authority of our own for these names and addresses. */
export type CertificateSource =
  | { readonly kind: "given"; readonly certificateFile: string; readonly keyFile: string }
  | { readonly kind: "own"; readonly folder: string; readonly installation: string; readonly hosts: readonly string[] };

export interface EndpointCertificate extends Disposable {
  readonly current: Credential;
  /** What clients that do not know the issuer must be told to trust; absent where it is the operator's affair. */
  readonly authorityFile?: string;
}

interface Parts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when there is a new one: ours is renewed in time, files are followed. */
  readonly changed: (credential: Credential) => void;
}

/** @throws Error for files that do not hold a certificate and its key */
export function openEndpointCertificate(source: CertificateSource, parts: Parts): Promise<EndpointCertificate> {
  return source.kind === "given" ? givenCertificate(source, parts) : ownCertificate(source, parts);
}

type Given = Extract<CertificateSource, { kind: "given" }>;
type Own = Extract<CertificateSource, { kind: "own" }>;

async function givenCertificate({ certificateFile, keyFile }: Given, { logger, changed }: Parts): Promise<EndpointCertificate> {
  const read = async (): Promise<Credential> => {
    const [certificate, key] = await Promise.all([readFile(certificateFile, "utf8"), readFile(keyFile, "utf8")]);
    // Tells a key that is not the certificate's.
    createSecureContext({ cert: certificate, key });
    return { certificate, key };
  };
  const current = await read();
  const reread = (): void => {
    // Between the writing of the two files they do not fit each other: the second one is followed by another reading.
    read().then(changed, (cause: unknown) => logger.warn("the new certificate is not used", { certificateFile, cause: String(cause) }));
  };
  // Programs that renew certificates replace the files: the folder tells.
  const names = [certificateFile, keyFile].map((file) => basename(file));
  const watchers = [...new Set([certificateFile, keyFile].map((file) => dirname(file)))].map((folder) =>
    watch(folder, { persistent: false }, (_event, file) => {
      if (file === null || names.includes(file)) reread();
    }),
  );
  return { current, [Symbol.dispose]: () => watchers.forEach((watcher) => watcher.close()) };
}

async function ownCertificate({ folder, installation, hosts }: Own, { clock, logger, changed }: Parts): Promise<EndpointCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const make = async (): Promise<Credential & { readonly renewAt: number }> => {
    const now = clock.now();
    await openAuthority({ folder, installation, now, domains: domainsOf(hosts), addresses: true });
    return serverCertificate(folder, hosts, now);
  };
  const current = await make();
  let timer: Disposable;
  const renewAt = (at: number): void => {
    timer = clock.after(Math.max(at - clock.now(), RETRY_MS), () => {
      make().then(
        (made) => {
          changed(made);
          renewAt(made.renewAt);
        },
        (cause: unknown) => {
          logger.error("the certificate of the endpoint could not be renewed", { cause: String(cause) });
          renewAt(0);
        },
      );
    });
  };
  renewAt(current.renewAt);
  return { current, authorityFile: join(folder, AUTHORITY_CERTIFICATE_FILE), [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

const RETRY_MS = 60_000;

/** Names under which this machine may be called. */
export function ownNames(): readonly string[] {
  const own = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(own) && own !== "localhost" ? ["localhost", own] : ["localhost"];
}

function domainsOf(hosts: readonly string[]): readonly string[] {
  return hosts.filter((host) => !/^[\d.]+$|:/.test(host));
}
