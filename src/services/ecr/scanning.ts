import { ImageNotFoundException, ScanNotFoundException } from "@aws-sdk/client-ecr";
import { repositories, repositoryKey } from "../../state/ecr.ts";
import { because } from "../operation.ts";
import { onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { findIdentified, imageNotFoundMessage, shownId } from "./image-ids.ts";

export const putImageScanningConfiguration = operation("PutImageScanningConfiguration", {
  authorize: onRepository("PutImageScanningConfiguration"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
    const { state } = context;
    state.commit(() =>
      state.table(repositories).update(repositoryKey(repository, repository.name), (current) => ({ ...current, scanOnPush })),
    );
    return { registryId: repository.account, repositoryName: repository.name, imageScanningConfiguration: { scanOnPush } };
  },
});

/** No image is scanned here yet, and this says so as ECR does for an image without a scan. */
export const describeImageScanFindings = operation("DescribeImageScanFindings", {
  authorize: onRepository("DescribeImageScanFindings"),
  run(input, context) {
    const repository = requireRepository(input, context);
    const imageId = input.imageId ?? {};
    if (!findIdentified(context.state, repository, imageId))
      throw new ImageNotFoundException(because(imageNotFoundMessage(repository, imageId)));
    throw new ScanNotFoundException(
      because(
        `Image scan does not exist for the image with '${shownId(imageId)}' in the repository with name '${repository.name}' in the registry with id '${repository.account}'`,
      ),
    );
  },
});
