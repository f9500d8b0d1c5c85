import type { Readable } from "node:stream";

/** A registry elsewhere, and who asks it. */
export interface Upstream {
  /** `https://` or `http://`, a host, perhaps a port; nothing behind it. */
  readonly url: string;
  readonly credentials?: UpstreamCredentials;
  /** Names of the registries that ask in a chain, this one last: whoever finds itself among them asks nobody else. */
  readonly via: readonly string[];
}

export interface UpstreamCredentials {
  readonly username: string;
  readonly password: string;
}

export interface UpstreamFailure {
  /**
   * `not-found`: it answers, and does not have this. `denied`: it does not take the credentials, or does not give this to them. `throttled`:
   * it has had enough for now. `unavailable`: it cannot be reached, or answers nonsense. `forbidden`: it must not be asked, as its address
   * is one that only this machine should reach.
   */
  readonly failure: "not-found" | "denied" | "throttled" | "unavailable" | "forbidden";
  /** For logs and for people: never holds credentials. */
  readonly detail: string;
}

export interface UpstreamManifest {
  readonly bytes: Buffer;
  /** What the registry says that it is; absent where it says nothing. */
  readonly mediaType?: string;
}

export interface UpstreamBlob {
  /** Absent where the registry does not tell. */
  readonly size?: number;
  /** Destroying it ends the transfer. It fails where nothing comes for a while. */
  readonly stream: Readable;
}

/** The header in which registries of a chain name themselves to each other. */
export const VIA_HEADER = "airfield-pull-through-via";

/**
 * Reads other registries over the OCI distribution API, with the Bearer tokens or Basic credentials that they ask for. Contents are not
 * verified: whoever reads them knows the digest. Never rejects; every call ends in bounded time.
 */
export interface UpstreamRegistries {
  /** Whether it is a registry that takes the credentials; `undefined` where it is. */
  check(upstream: Upstream): Promise<UpstreamFailure | undefined>;
  /** The digest that a tag means there; `unavailable` also where the registry does not tell without giving the manifest. */
  resolve(upstream: Upstream, repository: string, tag: string): Promise<{ readonly digest: string } | UpstreamFailure>;
  /** @param reference a tag or a digest */
  manifest(upstream: Upstream, repository: string, reference: string): Promise<UpstreamManifest | UpstreamFailure>;
  blob(upstream: Upstream, repository: string, digest: string): Promise<UpstreamBlob | UpstreamFailure>;
}
