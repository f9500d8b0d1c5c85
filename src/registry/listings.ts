import { isDigest } from "../domain/image-reference.ts";
import { imageKey, images, repositories, repositoryKey } from "../state/ecr.ts";
import { answerJson, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/** Source: ECR's quota for `ListImages`; clients that name no `n` follow the `Link` header. */
const LARGEST_PAGE = 1000;

/** `GET /v2/<name>/tags/list`, in the order of the bytes. */
export function listTags(call: RegistryCall, name: string): void {
  const key = repositoryKey(requireRepository(call, name), name);
  const tags = call.platform.state
    .table(images)
    .by("repository", key)
    .flatMap((image) => image.tags);
  const { items, headers } = page(call, `/v2/${name}/tags/list`, tags);
  answerJson(call, headers, { name, tags: items });
}

/** `GET /v2/_catalog`: the repositories of the token's account and region. */
export function listRepositories(call: RegistryCall): void {
  const { account, region } = call.scope;
  const names = call.platform.state
    .table(repositories)
    .by("scope", `${account}/${region}`)
    .map(({ name }) => name);
  const { items, headers } = page(call, "/v2/_catalog", names);
  answerJson(call, headers, { repositories: items });
}

/** `GET /v2/<name>/referrers/<digest>`: the artifacts that name this digest as their subject, as an image index. */
export function listReferrers(call: RegistryCall, name: string, digest: string): void {
  const key = repositoryKey(requireRepository(call, name), name);
  if (!isDigest(digest)) throw new RegistryError(400, "DIGEST_INVALID", `${digest} is no digest`);
  const wanted = call.query.get("artifactType");
  const manifests = call.platform.state
    .table(images)
    .by("subject", imageKey(key, digest))
    .filter(({ artifactType }) => wanted === null || artifactType === wanted)
    .map(({ mediaType, digest: referrer, manifestSize, artifactType, annotations }) => ({
      mediaType,
      digest: referrer,
      size: manifestSize,
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations && { annotations }),
    }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const filtered = wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  answerJson(call, { "content-type": mediaType, ...filtered }, { schemaVersion: 2, mediaType, manifests });
}

/** The names after `last`, `n` at most, and the link to those that follow. */
function page(
  call: RegistryCall,
  path: string,
  names: readonly string[],
): { readonly items: readonly string[]; readonly headers: Record<string, string> } {
  const n = call.query.get("n");
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new RegistryError(400, "UNSUPPORTED", "n must be a number");
  const limit = Math.min(n === null ? LARGEST_PAGE : Number(n), LARGEST_PAGE);
  const last = call.query.get("last");
  const rest = names.filter((name) => last === null || name > last).toSorted((a, b) => (a < b ? -1 : 1));
  const items = rest.slice(0, limit);
  const end = items.at(-1);
  const next = end !== undefined && rest.length > items.length ? new URLSearchParams({ n: String(limit), last: end }) : undefined;
  return { items, headers: next ? { link: `<${path}?${next.toString()}>; rel="next"` } : {} };
}
