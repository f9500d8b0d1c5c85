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

/** Labels joined by dots, an IPv6 address in brackets, or either with a port. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?$/;
/** What an engine takes for one of its own image ids. */
const IMAGE_ID = /^[a-f0-9]{64}$/;
const LONGEST_NAME = 255;

/**
 * Reads an image reference by the grammar of the distribution project, strictly; `undefined` where the text is none. An image's id is none, nor
 * is anything that begins one: `929` is the repository of that name on Docker Hub.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (IMAGE_ID.test(text) || isDigest(text)) return undefined;
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return undefined;
  let name = at < 0 ? text : text.slice(0, at);
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : name.slice(colon + 1);
  if (tag !== undefined && !isImageTag(tag)) return undefined;
  if (colon >= 0) name = name.slice(0, colon);
  if (name.length > LONGEST_NAME) return undefined;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  // The first component is a host only if it could not be part of a repository's name, in whatever case.
  const host = /[.:]/.test(first) || first.toLowerCase() === "localhost" ? first : undefined;
  const repository = host === undefined ? name : name.slice(slash + 1);
  if ((host !== undefined && !HOST.test(host)) || !isRepositoryPath(repository)) return undefined;
  return { host, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** A reference as it is written. */
export function formatImageReference({ host, repository, tag, digest }: ImageReference): string {
  const name = host === undefined ? repository : `${host}/${repository}`;
  return `${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

const DOCKER_HUB = "docker.io";

/** A reference with nothing left out: what two of the same image have in common, and what no engine can take for an id. */
export interface FullImageReference extends ImageReference {
  /** In lower case. */
  readonly host: string;
}

/**
 * Fills in what a reference leaves out, as docker does: Docker Hub, its `library/`, the tag `latest`. Beside a digest a tag is of no account, and is
 * dropped. Host names know no case.
 */
export function fullImageReference({ host, repository, tag, digest }: ImageReference): FullImageReference {
  const named = host?.toLowerCase() ?? DOCKER_HUB;
  const hub = named === DOCKER_HUB || named === "index.docker.io";
  const full = { host: hub ? DOCKER_HUB : named, repository: hub && !repository.includes("/") ? `library/${repository}` : repository };
  return digest === undefined ? { ...full, tag: tag ?? "latest" } : { ...full, digest };
}

/** Account and region of a registry host `<account>.dkr.ecr.<region>.<domain>`, in any case, with or without a port, also in the forms of the FIPS and dual-stack endpoints; `undefined` for any other host. */
export function scopeOfRegistryHost(host: string): Scope | undefined {
  const [, account = "", region = ""] = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[^/]+$/.exec(host.toLowerCase()) ?? [];
  return isAccount(account) && isRegion(region) ? { account, region } : undefined;
}
