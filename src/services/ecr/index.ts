import type { Operation } from "../operation.ts";
import { describeRegistry, getAuthorizationToken } from "./authorization.ts";
import {
  createRepositoryCreationTemplate,
  deleteRepositoryCreationTemplate,
  describeRepositoryCreationTemplates,
  updateRepositoryCreationTemplate,
} from "./creation-templates.ts";
import { batchDeleteImage, batchGetImage, putImage } from "./image-manifests.ts";
import { describeImages, listImages } from "./images.ts";
import { batchCheckLayerAvailability } from "./layers.ts";
import { createRepository, deleteRepository, describeRepositories } from "./repositories.ts";
import { deleteRepositoryPolicy, getRepositoryPolicy, setRepositoryPolicy } from "./repository-policies.ts";
import { describeImageScanFindings, putImageScanningConfiguration } from "./scanning.ts";
import { putImageTagMutability } from "./tag-mutability.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  getAuthorizationToken,
  describeRegistry,
  createRepository,
  describeRepositories,
  deleteRepository,
  setRepositoryPolicy,
  getRepositoryPolicy,
  deleteRepositoryPolicy,
  putImageTagMutability,
  putImageScanningConfiguration,
  describeImageScanFindings,
  tagResource,
  untagResource,
  listTagsForResource,
  describeImages,
  listImages,
  batchGetImage,
  putImage,
  batchDeleteImage,
  batchCheckLayerAvailability,
  createRepositoryCreationTemplate,
  describeRepositoryCreationTemplates,
  updateRepositoryCreationTemplate,
  deleteRepositoryCreationTemplate,
];
