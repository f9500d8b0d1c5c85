import type { PublishedKey } from "../../ports/identity-providers.ts";
import type { KeySet, KeySets } from "../../ports/key-sets.ts";
import { fetchDocument } from "./fetch-document.ts";

/** Source: Elastic Load Balancing, "Verify JWTs using an Application Load Balancer": limits. */
const LIMITS = { timeoutMs: 5000, mostBytes: 150 * 1024, mostRedirects: 0 };
const MOST_KEYS = 10;

/** Follows no redirection. */
export const keySets: KeySets = {
  async fetch(endpoint) {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url?.protocol !== "https:") return { kind: "failed", detail: `${endpoint} is no URL that may be asked` };
    const found = await fetchDocument(url, LIMITS);
    if (found.kind !== "document") return { kind: "failed", detail: found.detail };
    return readKeySet(endpoint, found.content);
  },
};

export function readKeySet(endpoint: string, { keys }: Readonly<Record<string, unknown>>): KeySet {
  if (!Array.isArray(keys) || !keys.every(isObject)) return { kind: "failed", detail: `${endpoint} is no set of keys` };
  if (keys.length > MOST_KEYS) return { kind: "failed", detail: `${endpoint} has more than ${MOST_KEYS} keys` };
  return { kind: "found", keys };
}

function isObject(value: unknown): value is PublishedKey {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
