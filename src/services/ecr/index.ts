import type { Operation } from "../operation.ts";
import { getAccountSetting, putAccountSetting } from "./account-settings.ts";
import { getAuthorizationToken } from "./authorization.ts";
import {
  createRepositoryCreationTemplate,
  deleteRepositoryCreationTemplate,
  describeRepositoryCreationTemplates,
  updateRepositoryCreationTemplate,
} from "./creation-templates.ts";
import {
  createPullThroughCacheRule,
  deletePullThroughCacheRule,
  describePullThroughCacheRules,
  updatePullThroughCacheRule,
  validatePullThroughCacheRule,
} from "./pull-through-cache.ts";
import { batchDeleteImage, batchGetImage, putImage } from "./image-manifests.ts";
import { listImageReferrers } from "./image-referrers.ts";
import { describeImages, listImages } from "./images.ts";
import { completeLayerUpload, initiateLayerUpload, uploadLayerPart } from "./layer-uploads.ts";
import { batchCheckLayerAvailability, getDownloadUrlForLayer } from "./layers.ts";
import {
  deregisterPullTimeUpdateExclusion,
  listPullTimeUpdateExclusions,
  registerPullTimeUpdateExclusion,
} from "./pull-time-exclusions.ts";
import { deleteRegistryPolicy, getRegistryPolicy, putRegistryPolicy } from "./registry-policy.ts";
import { deleteLifecyclePolicy, getLifecyclePolicy, putLifecyclePolicy } from "./lifecycle-policies.ts";
import { getLifecyclePolicyPreview, startLifecyclePolicyPreview } from "./lifecycle-previews.ts";
import {
  describeReplicationBackfillResults,
  listReplicationBackfills,
  startReplicationBackfill,
  stopReplicationBackfill,
} from "./replication-backfills.ts";
import { describeImageReplicationStatus, describeRegistry, putReplicationConfiguration } from "./replication.ts";
import { createRepository, deleteRepository, describeRepositories } from "./repositories.ts";
import { deleteRepositoryPolicy, getRepositoryPolicy, setRepositoryPolicy } from "./repository-policies.ts";
import {
  batchGetRepositoryScanningConfiguration,
  getRegistryScanningConfiguration,
  putRegistryScanningConfiguration,
} from "./registry-scanning.ts";
import { describeImageScanFindings, putImageScanningConfiguration, startImageScan } from "./scanning.ts";
import { updateImageStorageClass } from "./storage-class.ts";
import { putImageTagMutability } from "./tag-mutability.ts";
import { listTagsForResource, tagResource, untagResource } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

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
  startImageScan,
  describeImageScanFindings,
  putRegistryScanningConfiguration,
  getRegistryScanningConfiguration,
  batchGetRepositoryScanningConfiguration,
  tagResource,
  untagResource,
  listTagsForResource,
  describeImages,
  listImages,
  batchGetImage,
  putImage,
  batchDeleteImage,
  batchCheckLayerAvailability,
  getDownloadUrlForLayer,
  initiateLayerUpload,
  uploadLayerPart,
  completeLayerUpload,
  listImageReferrers,
  updateImageStorageClass,
  putRegistryPolicy,
  getRegistryPolicy,
  deleteRegistryPolicy,
  getAccountSetting,
  putAccountSetting,
  registerPullTimeUpdateExclusion,
  deregisterPullTimeUpdateExclusion,
  listPullTimeUpdateExclusions,
  createPullThroughCacheRule,
  describePullThroughCacheRules,
  updatePullThroughCacheRule,
  validatePullThroughCacheRule,
  deletePullThroughCacheRule,
  putReplicationConfiguration,
  describeImageReplicationStatus,
  startReplicationBackfill,
  stopReplicationBackfill,
  listReplicationBackfills,
  describeReplicationBackfillResults,
  createRepositoryCreationTemplate,
  describeRepositoryCreationTemplates,
  updateRepositoryCreationTemplate,
  deleteRepositoryCreationTemplate,
  putLifecyclePolicy,
  getLifecyclePolicy,
  deleteLifecyclePolicy,
  startLifecyclePolicyPreview,
  getLifecyclePolicyPreview,
];
