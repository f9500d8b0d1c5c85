import type { Clock } from "../../ports/clock.ts";
import type { IdentityProviders, PublishedKey, SigningKeys } from "../../ports/identity-providers.ts";
import { allowedUrl } from "./allowed-url.ts";
import { fetchDocument, type DocumentLimits } from "./fetch-document.ts";

export interface IdentityProviderOptions {
  readonly clock: Clock;
  readonly limits?: Partial<DocumentLimits>;
}

const LIMITS: DocumentLimits = { timeoutMs: 5000, mostBytes: 256 * 1024, mostRedirects: 3 };
/** How long keys are kept: a key that an issuer withdrew is not believed for longer. */
const KEPT_MS = 60 * 60_000;
/** An unknown key id makes keys be fetched anew no more often than this: otherwise who makes up ids could have an issuer flooded. */
const LEAST_AGE_MS = 10_000;
const MOST_ISSUERS = 100;

interface Kept {
  readonly keys: readonly PublishedKey[];
  readonly fetchedAt: number;
}

/** Issuers as they are found over HTTP. Source: OpenID Connect Discovery 1.0, section 4; RFC 7517, section 5. */
export function oidcIdentityProviders({ clock, limits }: IdentityProviderOptions): IdentityProviders {
  const bounds = { ...LIMITS, ...limits };
  const kept = new Map<string, Kept>();
  /** Who asks while an answer is on its way gets that answer. */
  const asked = new Map<string, Promise<SigningKeys>>();

  const fetchAndKeep = async (issuer: string): Promise<SigningKeys> => {
    const found = await fetchKeys(issuer, bounds);
    if (found.kind !== "found") return found;
    // The one that was kept first goes first.
    if (kept.size >= MOST_ISSUERS && !kept.has(issuer)) kept.delete(kept.keys().next().value ?? "");
    kept.set(issuer, { keys: found.keys, fetchedAt: clock.now() });
    return found;
  };
  return {
    signingKeys(issuer, keyId) {
      const known = kept.get(issuer);
      const age = known ? clock.now() - known.fetchedAt : Infinity;
      const has = keyId === undefined || known?.keys.some(({ kid }) => kid === keyId) === true;
      if (known && age < KEPT_MS && (has || age < LEAST_AGE_MS)) return Promise.resolve({ kind: "found", keys: known.keys });
      const waiting = asked.get(issuer);
      if (waiting) return waiting;
      const answer = fetchAndKeep(issuer).finally(() => asked.delete(issuer));
      asked.set(issuer, answer);
      return answer;
    },
  };
}

async function fetchKeys(issuer: string, limits: DocumentLimits): Promise<SigningKeys> {
  const discovery = allowedUrl(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (!discovery) return { kind: "unusable", detail: `${issuer} is neither an https URL nor an http URL of loopback` };
  const configuration = await fetchDocument(discovery, limits);
  if (configuration.kind !== "document") return configuration;
  const { issuer: named, jwks_uri: location } = configuration.content;
  // Who could speak for another issuer could sign for it. Source: OpenID Connect Discovery 1.0, section 4.3.
  if (named !== issuer) return { kind: "unusable", detail: `${discovery.href} is of another issuer` };
  const url = typeof location === "string" && URL.canParse(location) ? allowedUrl(location, discovery) : undefined;
  if (!url || (discovery.protocol === "https:" && url.protocol !== "https:"))
    return { kind: "unusable", detail: `${discovery.href} names no keys that may be fetched` };
  const set = await fetchDocument(url, limits);
  if (set.kind !== "document") return set;
  const { keys } = set.content;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "object" && key !== null))
    return { kind: "unusable", detail: `${url.href} is no key set` };
  return { kind: "found", keys: keys as readonly PublishedKey[] };
}
