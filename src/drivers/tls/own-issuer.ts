import { mkdir } from "node:fs/promises";
import { IssuerRefusedError, type CertificateIssuer } from "../../ports/certificate-issuer.ts";
import type { Clock } from "../../ports/clock.ts";
import { openAuthority } from "../host-names/certificates.ts";

/** As long as public authorities give since March 2026. Source: CA/Browser Forum, ballot SC-081: at most 200 days. */
const DAYS = 198;
/** A common name is no longer (RFC 5280, `ub-common-name`). */
const LONGEST_COMMON_NAME = 64;

interface Parts {
  /** Where the authority is kept. */
  readonly folder: string;
  /** Names the installation in its authority. */
  readonly installation: string;
  readonly clock: Clock;
}

/** The authority of this installation: it signs whatever name it is asked for, so that who asks has validated it. It is made at the first order. */
export function ownIssuer({ folder, installation, clock }: Parts): CertificateIssuer {
  return {
    async issue({ names, keyAlgorithm }) {
      // Takes tens of megabytes: loaded when there is something to sign.
      const { issue, isServerKey } = await import("./certificate-authority.ts");
      if (!isServerKey(keyAlgorithm)) throw new IssuerRefusedError(`keys of ${keyAlgorithm} are not made here`);
      const now = clock.now();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const authority = await openAuthority({ folder, installation: `${installation} certificates`, now, domains: "any" });
      const commonName = names.find((name) => name.length <= LONGEST_COMMON_NAME);
      const made = await issue(authority, {
        hosts: names,
        now,
        key: keyAlgorithm,
        days: DAYS,
        ...(commonName === undefined ? {} : { commonName }),
      });
      return { certificatePem: made.certificate, chainPem: authority.certificate, privateKeyPem: made.key };
    },
  };
}
