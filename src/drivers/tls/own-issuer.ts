import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { IssuerRefusedError, type CertificateIssuer } from "../../ports/certificate-issuer.ts";
import type { Clock } from "../../ports/clock.ts";
import { AUTHORITY_CERTIFICATE_FILE, openAuthority } from "../host-names/certificates.ts";
import { makeFolder } from "../host-names/write-file.ts";
import type { Credential } from "./certificate-authority.ts";

/** As long as public authorities give since March 2026. Source: CA/Browser Forum, ballot SC-081: at most 200 days. */
const DAYS = 198;

export interface AuthorityPlace {
  /** Where the authority is kept. */
  readonly folder: string;
  /** Names the installation in its authority. */
  readonly installation: string;
}

/** The file that clients must be told to trust. */
export function authorityFile(folder: string): string {
  return join(folder, AUTHORITY_CERTIFICATE_FILE);
}

/** The authority that signs certificates of whatever name: made at the first call, for the owner of the folder above. */
export async function openCertificateAuthority({ folder, installation }: AuthorityPlace, now: number): Promise<Credential> {
  const { uid, gid } = await stat(dirname(folder));
  const owner = { uid, gid };
  await makeFolder(folder, owner);
  return openAuthority({ folder, installation: `${installation} certificates`, now, domains: "any", owner });
}

/** The authority of this installation: it signs whatever name it is asked for, so that who asks has validated it. */
export function ownIssuer(place: AuthorityPlace, clock: Clock): CertificateIssuer {
  // Orders that come together must not make an authority each.
  let turn: Promise<unknown> = Promise.resolve();
  const opened = (): Promise<Credential> => {
    const authority = turn.then(() => openCertificateAuthority(place, clock.now()));
    turn = authority.catch(() => undefined);
    return authority;
  };
  return {
    async issue({ names, keyAlgorithm }) {
      // Takes tens of megabytes: loaded when there is something to sign.
      const { issue, isServerKey } = await import("./certificate-authority.ts");
      if (!isServerKey(keyAlgorithm)) throw new IssuerRefusedError(`keys of ${keyAlgorithm} are not made here`);
      const authority = await opened();
      const [commonName = ""] = names;
      const made = await issue(authority, { hosts: names, now: clock.now(), key: keyAlgorithm, days: DAYS, commonName });
      return { certificatePem: made.certificate, chainPem: authority.certificate, privateKeyPem: made.key };
    },
  };
}
