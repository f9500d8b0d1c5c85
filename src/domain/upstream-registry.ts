/** Registries that ECR's pull-through cache knows, by the names of its API. */
export type KnownUpstream =
  | "azure-container-registry"
  | "chainguard"
  | "docker-hub"
  | "ecr"
  | "ecr-public"
  | "github-container-registry"
  | "gitlab-container-registry"
  | "k8s"
  | "quay";

interface Known {
  readonly host: RegExp;
  /** Whether AWS takes no rule for it without a secret. */
  readonly secret: boolean;
  /** Where it sends who shows credentials for a token, if that is another host. */
  readonly tokens?: string;
}

/**
 * Source: ECR API Reference, `CreatePullThroughCacheRule`, `upstreamRegistryUrl`; User Guide, "Sync an upstream registry". The hosts of tokens
 * are what the registries name in their challenges.
 */
const KNOWN: Readonly<Record<KnownUpstream, Known>> = {
  "azure-container-registry": { host: /^[a-z0-9-]+\.azurecr\.(io|us|cn)$/, secret: true },
  chainguard: { host: /^cgr\.dev$/, secret: true },
  "docker-hub": { host: /^registry-1\.docker\.io$/, secret: true, tokens: "https://auth.docker.io" },
  ecr: { host: /^\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/, secret: false },
  "ecr-public": { host: /^public\.ecr\.aws$/, secret: false },
  "github-container-registry": { host: /^ghcr\.io$/, secret: true },
  "gitlab-container-registry": { host: /^registry\.gitlab\.com$/, secret: true, tokens: "https://gitlab.com" },
  k8s: { host: /^registry\.k8s\.io$/, secret: false },
  quay: { host: /^quay\.io$/, secret: false },
};

export const KNOWN_UPSTREAMS = Object.keys(KNOWN) as readonly KnownUpstream[];

/** Whether AWS takes no rule for the registry without a secret. */
export function needsSecret(registry: KnownUpstream): boolean {
  return KNOWN[registry].secret;
}

/** ECR's sentence, and who can help. */
export const UNSUPPORTED_UPSTREAM =
  "The specified upstream registry isn't supported. The operator of this installation can allow it by its host name, in AIRFIELD_PULL_THROUGH_UPSTREAMS.";

/** A registry that may be asked. */
export interface UpstreamPlace {
  /** `https://host`, `http://host:port`. */
  readonly origin: string;
  /** AWS's name of it; absent for one that the operator allows. */
  readonly registry?: KnownUpstream;
}

/** A host with an optional port; in front of it a scheme, which AWS does not know. */
const URL_PATTERN = /^(?:(https?):\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * The origins that a text may mean: one where it has a scheme; over TLS, then without, where it has none. Without any where it is no host.
 */
export function upstreamOrigins(text: string): readonly string[] {
  const [whole, scheme, host = "", digits] = URL_PATTERN.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (whole === undefined || (port !== undefined && (port < 1 || port > 65_535))) return [];
  return (scheme === undefined ? ["https", "http"] : [scheme]).map(
    (one) => `${one}://${host}${port === undefined || port === DEFAULT_PORTS[one] ? "" : `:${port}`}`,
  );
}

/**
 * Which registry a rule's URL means, if it may be asked at all: one that ECR knows, over TLS and at its usual port, or one whose origin the
 * operator allows, exactly.
 */
export function upstreamPlace(url: string, allowed: readonly string[]): UpstreamPlace | undefined {
  const origins = upstreamOrigins(url);
  const [first = ""] = origins;
  const host = first.startsWith("https://") ? first.slice("https://".length) : "";
  const registry = KNOWN_UPSTREAMS.find((name) => KNOWN[name].host.test(host));
  if (registry !== undefined) return { origin: first, registry };
  const origin = origins.find((one) => allowed.includes(one));
  return origin === undefined ? undefined : { origin };
}

/**
 * Whether what proves who asks a registry may be shown at another origin, to get a token there: at its own, at the one that it is known to
 * have its tokens from, and where the operator says.
 */
export function givesTokens(registry: string, at: string, allowed: readonly string[]): boolean {
  const place = upstreamPlace(registry, allowed);
  return at === registry || allowed.includes(at) || (place?.registry !== undefined && KNOWN[place.registry].tokens === at);
}
