import { isDigest } from "../domain/image-reference.ts";
import { imageKey, images, repositoryKey, type ImageRecord } from "../state/ecr.ts";
import { answerJson, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
/** Clients read the answer as a manifest, and need not take one beyond 4 MiB. What exceeds it comes on further pages. */
const LARGEST_PAGE_BYTES = 4 * 1024 * 1024 - 16 * 1024;
const LARGEST_PAGE = 1000;

/**
 * `GET /v2/<name>/referrers/<digest>`: the artifacts that name this digest as their subject, as an image index, whether the subject is here
 * or not. An artifact counts also where its client kept the list by itself, under the tag `<algorithm>-<hex>`.
 * Source: OCI distribution specification 1.1, "Listing Referrers" and "Enabling the Referrers API".
 */
export function listReferrers(call: RegistryCall, name: string, digest: string): void {
  const key = repositoryKey(requireRepository(call, name), name);
  if (!isDigest(digest)) throw new RegistryError(400, "DIGEST_INVALID", `${digest} is no digest`);
  const artifactType = call.query.get("artifactType") ?? "";
  const last = call.query.get("last") ?? "";
  const rest = call.platform.state
    .table(images)
    .by("subject", imageKey(key, digest))
    // What is archived cannot be pulled.
    .filter(({ status }) => status === undefined)
    .filter((referrer) => (artifactType === "" || referrer.artifactType === artifactType) && referrer.digest > last)
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  const manifests = firstPage(rest.map(descriptorOf));
  const end = manifests.at(-1)?.digest;
  const filter = artifactType === "" ? {} : { artifactType };
  const next = end !== undefined && manifests.length < rest.length ? new URLSearchParams({ ...filter, last: end }) : undefined;
  const headers = {
    "content-type": INDEX,
    ...(artifactType !== "" && { "oci-filters-applied": "artifactType" }),
    ...(next && { link: `</v2/${name}/referrers/${digest}?${next.toString()}>; rel="next"` }),
  };
  answerJson(call, headers, { schemaVersion: 2, mediaType: INDEX, manifests });
}

type ReferrerDescriptor = ReturnType<typeof descriptorOf>;

function descriptorOf({ mediaType, digest, manifestSize, artifactType, annotations }: ImageRecord) {
  return {
    mediaType,
    digest,
    size: manifestSize,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}

/** As many as fit into one answer; always one, so that the client gets on. */
function firstPage(all: readonly ReferrerDescriptor[]): readonly ReferrerDescriptor[] {
  let bytes = 0;
  const over = all.slice(0, LARGEST_PAGE).findIndex((descriptor, at) => {
    bytes += Buffer.byteLength(JSON.stringify(descriptor)) + 1;
    return at > 0 && bytes > LARGEST_PAGE_BYTES;
  });
  return all.slice(0, over < 0 ? LARGEST_PAGE : over);
}
