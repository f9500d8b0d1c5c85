import { createHmac, timingSafeEqual } from "node:crypto";
import { keyInScope, type Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";

/** What a download URL is good for: one layer of one repository, to whoever has the URL, until it expires. Times are of the Unix epoch. */
export interface LayerDownload extends Scope {
  readonly repository: string;
  /** When that repository was made: one that has its name later is another. */
  readonly madeAt: number;
  readonly digest: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Source: ECR API Reference, `GetDownloadUrlForLayer`: a presigned URL; ECR's end after an hour. */
export const LAYER_DOWNLOAD_LIFETIME_MS = 3_600_000;

export const LAYER_DOWNLOADS = "/ecr-download/";

/** The path and query under which a layer is given out without credentials. */
export function layerDownloadPath(secrets: SecretBox, download: LayerDownload): string {
  const { account, region, repository, madeAt, digest, expiresAt } = download;
  return `${LAYER_DOWNLOADS}${keyInScope({ account, region }, repository)}/${digest}?made=${madeAt}&expires=${expiresAt}&signature=${sign(secrets, download)}`;
}

/** What such a URL names, if we made it, whether or not its time is over; `undefined` for any other. */
export function readLayerDownload(secrets: SecretBox, path: string, query: URLSearchParams): LayerDownload | undefined {
  const [, account, region, repository, digest] = /^\/ecr-download\/(\d{12})\/([a-z0-9-]+)\/(.+)\/([a-z0-9]+:[0-9a-f]+)$/.exec(path) ?? [];
  const [made, expires] = [query.get("made") ?? "", query.get("expires") ?? ""];
  if (account === undefined || region === undefined || repository === undefined || digest === undefined) return undefined;
  if (![made, expires].every((time) => /^\d{1,15}$/.test(time))) return undefined;
  const download = { account, region, repository, madeAt: Number(made), digest, expiresAt: Number(expires) };
  const expected = Buffer.from(sign(secrets, download));
  const given = Buffer.from(query.get("signature") ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected) ? download : undefined;
}

function sign(secrets: SecretBox, { account, region, repository, madeAt, digest, expiresAt }: LayerDownload): string {
  const text = JSON.stringify([account, region, repository, madeAt, digest, expiresAt]);
  return createHmac("sha256", secrets.derive("ecr:layer-download")).update(text).digest("hex");
}
