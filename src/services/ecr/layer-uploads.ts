import {
  EmptyUploadException,
  InvalidLayerException,
  InvalidLayerPartException,
  LayerAlreadyExistsException,
  LayerPartTooSmallException,
  UploadNotFoundException,
} from "@aws-sdk/client-ecr";
import { BlobDigestError, BlobRangeError, BlobUploadMissingError } from "../../ports/blob-store.ts";
import { isDigest } from "../../domain/image-reference.ts";
import { imageKey, layers, repositoryKey, type RepositoryRecord } from "../../state/ecr.ts";
import { linkLayer } from "../../state/ecr-images.ts";
import { blobDomain } from "../../state/ecr-encryption.ts";
import { beginLayerUpload, layerUploads, notePart, SMALLEST_PART, type LayerUploadRecord } from "../../state/ecr-layer-uploads.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, mustHaveLength, mustMatch, onRepository, operation } from "./ecr-operation.ts";
import { requireRepository } from "./find-repository.ts";
import { repositoryBlobs } from "./repository-blobs.ts";

/** What ECR asks clients to cut layers into, in bytes. */
const PART_SIZE = 10_485_760;
/** Source: ECR API Reference, `UploadLayerPart`: "the maximum size of each image layer part can be 20971520 bytes". */
const LARGEST_PART = 20_971_520;
const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const initiateLayerUpload = operation("InitiateLayerUpload", {
  authorize: onRepository("InitiateLayerUpload"),
  async run(input, context) {
    const repository = requireRepository(input, context);
    const uploadId = context.ids.uuid();
    await repositoryBlobs(context, repository).startUpload(uploadId);
    beginLayerUpload(context.state, uploadId, keyOf(repository), context.now);
    return { uploadId, partSize: PART_SIZE };
  },
});

export const uploadLayerPart = operation("UploadLayerPart", {
  authorize: onRepository("UploadLayerPart"),
  async run(input, context) {
    const repository = requireRepository(input, context);
    const { partFirstByte = 0, partLastByte = 0, layerPartBlob = new Uint8Array() } = input;
    if (partFirstByte < 0) throw invalid("partFirstByte", "Member must have value greater than or equal to 0");
    if (partLastByte < 0) throw invalid("partLastByte", "Member must have value greater than or equal to 0");
    mustHaveLength("layerPartBlob", layerPartBlob as unknown as readonly unknown[], 0, LARGEST_PART);
    const upload = requireUpload(repository, input.uploadId, context);
    const blobs = repositoryBlobs(context, repository);
    const received = await blobs.upload(upload.id);
    if (!received) throw uploadNotFound(repository, upload.id);
    const invalidPart = (why: string, size: number): InvalidLayerPartException =>
      new InvalidLayerPartException({
        ...because(`The layer part of the upload with id '${upload.id}' is not valid: ${why}`),
        registryId: repository.account,
        repositoryName: repository.name,
        uploadId: upload.id,
        lastValidByteReceived: size - 1,
      });
    const { length } = layerPartBlob;
    if (length === 0 || partLastByte - partFirstByte + 1 !== length)
      throw invalidPart(`it has ${length} bytes, which are not those from ${partFirstByte} to ${partLastByte}`, received.size);
    const notNext = (size: number): InvalidLayerPartException =>
      invalidPart(`its first byte is ${partFirstByte}, the last byte received before it is ${size - 1}`, size);
    if (partFirstByte !== received.size) throw notNext(received.size);
    try {
      await blobs.append(upload.id, partFirstByte, only(layerPartBlob));
    } catch (cause) {
      // Another part, or the end of the upload, came in between.
      if (cause instanceof BlobRangeError) throw notNext(cause.size);
      throw cause instanceof BlobUploadMissingError ? uploadNotFound(repository, upload.id) : cause;
    }
    notePart(context.state, upload, length, context.now);
    return { registryId: repository.account, repositoryName: repository.name, uploadId: upload.id, lastByteReceived: partLastByte };
  },
});

export const completeLayerUpload = operation("CompleteLayerUpload", {
  authorize: onRepository("CompleteLayerUpload"),
  async run(input, context) {
    const { state, now } = context;
    const before = requireRepository(input, context);
    const { layerDigests = [] } = input;
    mustHaveLength("layerDigests", layerDigests, 1, 100);
    for (const digest of layerDigests)
      mustMatch("layerDigests", digest, /^[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+$/, "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+");
    const digest = layerDigests.find(isDigest);
    if (digest === undefined) throw invalid("layerDigests", "must have a digest of sha256 or sha512");
    const upload = requireUpload(before, input.uploadId, context);
    const blobs = repositoryBlobs(context, before);
    const received = await blobs.upload(upload.id);
    if (!received) throw uploadNotFound(before, upload.id);
    const names = `the upload with id '${upload.id}' in the repository with name '${before.name}' in the registry with id '${before.account}'`;
    if (received.size === 0) throw new EmptyUploadException(because(`There are no layer parts in ${names}`));
    if (state.table(layers).has(imageKey(keyOf(before), digest))) {
      await blobs.abort(upload.id);
      forget(upload, context);
      throw new LayerAlreadyExistsException(
        because(
          `Layer with digest '${digest}' already exists in the repository with name '${before.name}' in registry with id '${before.account}'`,
        ),
      );
    }
    if (upload.partTooSmall)
      throw new LayerPartTooSmallException(
        because(`A layer part that is not the last one has less than ${SMALLEST_PART} bytes in ${names}`),
      );
    const { size } = await blobs.commit(upload.id, digest).catch((cause: unknown) => {
      if (cause instanceof BlobUploadMissingError) throw uploadNotFound(before, upload.id);
      if (!(cause instanceof BlobDigestError)) throw cause;
      forget(upload, context);
      throw new InvalidLayerException(because(`The digest '${digest}' is not that of the layer of ${names}: ${cause.message}`));
    });
    const repository = requireRepository(input, context);
    // It was deleted and made anew with other keys meanwhile: this one has not got the blob.
    if (blobDomain(repository) !== blobs.domain) throw uploadNotFound(repository, upload.id);
    state.commit(() => {
      linkLayer(state, { repository: keyOf(repository), digest, size, usedAt: now });
      forget(upload, context);
    });
    return { registryId: repository.account, repositoryName: repository.name, uploadId: upload.id, layerDigest: digest };
  },
});

function keyOf(repository: RepositoryRecord): string {
  return repositoryKey(repository, repository.name);
}

/** @throws UploadNotFoundException, InvalidParameterException */
function requireUpload(repository: RepositoryRecord, uploadId = "", { state }: OperationContext): LayerUploadRecord {
  mustMatch("uploadId", uploadId, UPLOAD_ID, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  const found = state.table(layerUploads).get(uploadId);
  if (found?.repository !== keyOf(repository)) throw uploadNotFound(repository, uploadId);
  return found;
}

function uploadNotFound({ name, account }: RepositoryRecord, uploadId: string): UploadNotFoundException {
  return new UploadNotFoundException(
    because(`The upload with id '${uploadId}' does not exist in the repository with name '${name}' in the registry with id '${account}'`),
  );
}

function forget({ id }: LayerUploadRecord, { state }: OperationContext): void {
  state.commit(() => state.table(layerUploads).delete(id));
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
