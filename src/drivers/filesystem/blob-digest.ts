export interface Digest {
  readonly algorithm: string;
  readonly hex: string;
}

/** Lengths of the hexadecimal digests of the algorithms that the OCI image specification registers. */
const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

export const ALGORITHMS = Object.keys(LENGTHS);

/** Digests become names of files and objects, so nothing else may pass. */
export function parseDigest(digest: string): Digest | undefined {
  const [algorithm = "", hex = "", ...rest] = digest.split(":");
  const length = Object.hasOwn(LENGTHS, algorithm) ? LENGTHS[algorithm] : undefined;
  return rest.length === 0 && hex.length === length && /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : undefined;
}

/** @throws TypeError for what cannot name a domain */
export function checkDomain(domain: string): string {
  if (!/^[a-z0-9-]{1,64}$/.test(domain)) throw new TypeError(`${domain} cannot name a domain of blobs`);
  return domain;
}

/** What publishes and removes a blob holds this lock of its store. */
export function lockOf(domain: string, { algorithm, hex }: Digest): string {
  return `${domain}/${algorithm}:${hex}`;
}
