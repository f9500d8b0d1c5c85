import { blobCollection } from "../control/blob-collection.ts";
import { certificateIssuance } from "../control/certificates/certificate-issuance.ts";
import { expiryNotices } from "../control/certificates/expiry-notices.ts";
import { healthChecking } from "../control/health-checks/health-checks.ts";
import { flowLogging } from "../control/flow-logs/flow-log-loop.ts";
import { imageActivation } from "../control/image-activation.ts";
import { keyLifecycle } from "../control/key-lifecycle.ts";
import { lifecyclePolicyLoop } from "../control/lifecycle/lifecycle-policy-loop.ts";
import { lifecyclePreviewLoop } from "../control/lifecycle/lifecycle-preview-loop.ts";
import { logRetention } from "../control/log-retention.ts";
import type { Loop } from "../control/loop.ts";
import { natGatewayLoop } from "../control/nat-gateways.ts";
import { packetFiltering } from "../control/packet-filter/packet-filter.ts";
import { parameterExpiry } from "../control/parameter-expiry.ts";
import { unreachedTargets } from "../control/reachability/unreached-targets.ts";
import { replicationBackfills } from "../control/replication/backfill.ts";
import { replication } from "../control/replication/replication.ts";
import { imageScanning } from "../control/scanning/image-scanning.ts";
import { signingKeyLoop } from "../control/signing-keys/signing-key-loop.ts";
import { secretRotation } from "../control/secret-rotation/secret-rotation.ts";
import { defaultEndpoints } from "../control/vpc-networks/default-endpoints.ts";
import { serviceLoop } from "../control/services/service-loop.ts";

/**
 * The control loops. Each says what it needs by its parameter, what it watches and what a step does by what it returns (`control/loop.ts`).
 *
 * Three are not here, since more than records and ports tells them what to do: the tasks' (`tasks.ts`), which adopts what the engine has before anything else begins
 * and works on while all others have stopped, and load balancing and Service Connect (`traffic.ts`), which are told where gateways and addresses are.
 */
export const LOOPS: readonly Loop[] = [
  packetFiltering,
  serviceLoop,
  flowLogging,
  unreachedTargets,
  secretRotation,
  logRetention,
  parameterExpiry,
  keyLifecycle,
  certificateIssuance,
  expiryNotices,
  healthChecking,
  signingKeyLoop,
  natGatewayLoop,
  imageActivation,
  imageScanning,
  lifecyclePolicyLoop,
  lifecyclePreviewLoop,
  replication,
  replicationBackfills,
  blobCollection,
  defaultEndpoints,
];
