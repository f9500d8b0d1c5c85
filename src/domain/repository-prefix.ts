/** The prefix that covers every repository of a registry. Source: ECR API Reference, `ecrRepositoryPrefix` and `prefix`. */
export const ROOT_PREFIX = "ROOT";

/** As ECR writes the pattern in its refusals. */
export const PREFIX_SOURCE = "^((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/?|ROOT)$";
const PREFIX = /^((?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*\/?|ROOT)$/;

export function isRepositoryPrefix(text: string): boolean {
  return PREFIX.test(text);
}

/** A prefix without the slash at its end, which counts as written where it is not: `team` and `team/` are the same. */
export function canonicalPrefix(prefix: string): string {
  return prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
}

/** Whether a repository is under a prefix: `team` covers `team/web`, and neither `team` nor `teams/web`. */
export function prefixCovers(prefix: string, repository: string): boolean {
  return prefix === ROOT_PREFIX || repository.startsWith(`${canonicalPrefix(prefix)}/`);
}

/** Of what has a prefix, that whose prefix covers the repository most exactly; `ROOT` comes last. */
export function mostExact<T>(candidates: readonly T[], prefixOf: (candidate: T) => string, repository: string): T | undefined {
  const exactness = (candidate: T): number => (prefixOf(candidate) === ROOT_PREFIX ? 0 : prefixOf(candidate).length);
  return candidates.filter((candidate) => prefixCovers(prefixOf(candidate), repository)).toSorted((a, b) => exactness(b) - exactness(a))[0];
}

/**
 * What a repository is called where it comes from: its name with one prefix exchanged for another.
 * Source: Amazon ECR User Guide, "Customizing repository prefixes for ECR to ECR pull through cache".
 */
export function exchangePrefix(repository: string, from: string, to: string): string {
  const rest = from === ROOT_PREFIX ? repository : repository.slice(canonicalPrefix(from).length + 1);
  return to === ROOT_PREFIX ? rest : `${canonicalPrefix(to)}/${rest}`;
}
