import type { Layer, LayerFailure } from "@aws-sdk/client-ecr";
import { isDigest } from "../../domain/image-reference.ts";
import { imageKey, layers, repositoryKey } from "../../state/ecr.ts";
import { touchLayer } from "../../state/ecr-images.ts";
import { mustHaveLength, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";

export const batchCheckLayerAvailability = operation("BatchCheckLayerAvailability", {
  authorize: onRepository("BatchCheckLayerAvailability"),
  run(input, context) {
    const { state, now } = context;
    const repository = requireRepository(input, context);
    const { layerDigests = [] } = input;
    mustHaveLength("layerDigests", layerDigests, 1, 100);
    const found: Layer[] = [];
    const failures: LayerFailure[] = [];
    for (const layerDigest of layerDigests) {
      if (!isDigest(layerDigest)) {
        failures.push({
          layerDigest,
          failureCode: "InvalidLayerDigest",
          failureReason: "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
        });
        continue;
      }
      const layer = state.table(layers).get(imageKey(repositoryKey(repository, repository.name), layerDigest));
      if (layer) touchLayer(state, layer, now);
      found.push(
        layer
          ? {
              layerDigest,
              layerAvailability: "AVAILABLE",
              layerSize: layer.size,
              mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
            }
          : { layerDigest, layerAvailability: "UNAVAILABLE" },
      );
    }
    return { layers: found, failures };
  },
});
