import { layers, repositories, repositoryKey, type LayerRecord } from "../state/ecr.ts";
import { blobDomain } from "../state/ecr-encryption.ts";
import { accountSetting } from "../state/ecr-registries.ts";
import { linkLayer } from "../state/ecr-images.ts";
import { requireRepository, type RegistryCall } from "./call.ts";

/**
 * `POST /v2/<name>/blobs/uploads/?mount=<digest>[&from=<repository>]`: gives the repository a blob that another one of the same registry
 * has. Resolves with its digest; with `undefined` where there is none, or none that the caller may read, which must look the same: the
 * client uploads it then, and learns nothing of what others have.
 */
export async function mountBlob(call: RegistryCall, name: string): Promise<string | undefined> {
  const digest = call.query.get("mount");
  if (accountSetting(call.platform.state, call.scope, "BLOB_MOUNTING") === "DISABLED") return undefined;
  const source = digest === null ? undefined : findSource(call, name, digest, call.query.get("from"));
  if (!source) return undefined;
  const { state, clock } = call.platform;
  linkLayer(state, { ...source, repository: repositoryKey(call.scope, name), usedAt: clock.now() });
  await state.durable();
  return source.digest;
}

/** Source: Amazon ECR User Guide, "Blob mounting": only between repositories with identical encryption. */
function sharesKeys({ platform, scope }: RegistryCall, { repository }: LayerRecord, name: string): boolean {
  const source = platform.state.table(repositories).get(repository);
  return source !== undefined && blobDomain(source) === blobDomain(requireRepository({ platform, scope }, name));
}

function findSource(call: RegistryCall, name: string, digest: string, from: string | null): LayerRecord | undefined {
  const registry = repositoryKey(call.scope, "");
  return call.platform.state
    .table(layers)
    .by("digest", digest)
    .filter(({ repository }) => (from === null ? repository.startsWith(registry) : repository === registry + from))
    .find((layer) => sharesKeys(call, layer, name) && call.may("ecr:GetDownloadUrlForLayer", layer.repository.slice(registry.length)));
}
