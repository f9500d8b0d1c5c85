import { LayerInaccessibleException, LayersNotFoundException, type Layer, type LayerFailure } from "@aws-sdk/client-ecr";
import { isDigest } from "../../domain/image-reference.ts";
import { imageKey, images, layers, repositoryKey } from "../../state/ecr.ts";
import { isArchivedLayer } from "../../state/ecr-archive.ts";
import { touchLayer } from "../../state/ecr-images.ts";
import { LAYER_DOWNLOAD_LIFETIME_MS, layerDownloadPath } from "../../state/layer-download.ts";
import { because } from "../operation.ts";
import { invalid, mustHaveLength, onRepository, operation, registryUrl } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

/** What ECR calls every layer that it has. */
const LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip";

export const batchCheckLayerAvailability = operation("BatchCheckLayerAvailability", {
  authorize: onRepository("BatchCheckLayerAvailability"),
  run(input, context) {
    const { state, now } = context;
    const repository = requireRepository(input, context);
    const key = repositoryKey(repository, repository.name);
    const { layerDigests = [] } = input;
    mustHaveLength("layerDigests", layerDigests, 1, 100);
    const found: Layer[] = [];
    const failures: LayerFailure[] = [];
    for (const layerDigest of layerDigests) {
      if (layerDigest === "" || !isDigest(layerDigest)) {
        failures.push(failureOf(layerDigest));
        continue;
      }
      const layer = state.table(layers).get(imageKey(key, layerDigest));
      if (layer) touchLayer(state, layer, now);
      const availability = isArchivedLayer(state, key, layerDigest) ? "ARCHIVED" : "AVAILABLE";
      found.push(
        layer
          ? { layerDigest, layerAvailability: availability, layerSize: layer.size, mediaType: LAYER_TYPE }
          : { layerDigest, layerAvailability: "UNAVAILABLE" },
      );
    }
    return { layers: found, failures };
  },
});

function failureOf(layerDigest: string): LayerFailure {
  return layerDigest === ""
    ? { layerDigest, failureCode: "MissingLayerDigest", failureReason: "Invalid request parameters: layer digest cannot be empty" }
    : {
        layerDigest,
        failureCode: "InvalidLayerDigest",
        failureReason: "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
      };
}

/** A URL that gives the layer to whoever has it, for an hour. Only of layers that an image needs. */
export const getDownloadUrlForLayer = operation("GetDownloadUrlForLayer", {
  authorize: onRepository("GetDownloadUrlForLayer"),
  run(input, context) {
    const { state, secrets, now } = context;
    const repository = requireRepository(input, context);
    const { layerDigest = "" } = input;
    if (!isDigest(layerDigest)) throw invalid("layerDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'");
    const { name, account, region, createdAt: madeAt } = repository;
    const key = repositoryKey(repository, name);
    const where = `in the repository with name '${name}' in the registry with id '${account}'`;
    if (!state.table(layers).has(imageKey(key, layerDigest)))
      throw new LayersNotFoundException(because(`The layer with digest '${layerDigest}' does not exist ${where}`));
    if (state.table(images).by("blob", imageKey(key, layerDigest)).length === 0 || isArchivedLayer(state, key, layerDigest))
      throw new LayerInaccessibleException(
        because(`The layer with digest '${layerDigest}' ${where} is not available because it is not associated with an active image`),
      );
    const expiresAt = now + LAYER_DOWNLOAD_LIFETIME_MS;
    const path = layerDownloadPath(secrets, { account, region, repository: name, madeAt, digest: layerDigest, expiresAt });
    return { downloadUrl: `${registryUrl(context, repository)}${path}`, layerDigest };
  },
});
