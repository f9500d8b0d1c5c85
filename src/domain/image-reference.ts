import { isAccount, isRegion, type Scope } from "./scope.ts";

/** The parts of `host/repository:tag@digest`; tag and digest only where they are written. */
export interface ImageReference {
  /** `undefined` where none is written: then Docker Hub is meant. */
  readonly host: string | undefined;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** Source: OCI distribution specification, "Pulling manifests". */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function isImageTag(text: string): boolean {
  return TAG.test(text);
}

export function isRepositoryPath(text: string): boolean {
  return REPOSITORY.test(text);
}

/** Reads an image reference as docker does; `undefined` where the text is none. */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return undefined;
  let name = at < 0 ? text : text.slice(0, at);
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : name.slice(colon + 1);
  if (tag !== undefined && !isImageTag(tag)) return undefined;
  if (colon >= 0) name = name.slice(0, colon);
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  // The first component is a host only if it could not be part of a repository's name.
  const host = /[.:]/.test(first) || first === "localhost" ? first : undefined;
  const repository = host === undefined ? name : name.slice(slash + 1);
  if (!isRepositoryPath(repository)) return undefined;
  return { host, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** Account and region of a registry host `<account>.dkr.ecr.<region>.<domain>`, with or without a port; `undefined` for any other host. */
export function scopeOfRegistryHost(host: string): Scope | undefined {
  const [, account = "", region = ""] = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.[^/]+$/.exec(host) ?? [];
  return isAccount(account) && isRegion(region) ? { account, region } : undefined;
}
