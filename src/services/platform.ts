import type { TargetSurroundings } from "../decide/routing/target-place.ts";
import type { Credentials } from "../authorization/credentials.ts";
import type { HostGrants } from "../domain/host-grants.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Scope } from "../domain/scope.ts";
import type { Clock } from "../ports/clock.ts";
import type { IdentityProviders } from "../ports/identity-providers.ts";
import type { ExecSessions } from "../ports/exec-sessions.ts";
import type { Ids } from "../ports/ids.ts";
import type { LogBuckets } from "../ports/log-buckets.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { ObjectReader } from "../ports/object-reader.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { UpstreamRegistries } from "../ports/upstream-registry.ts";
import type { VulnerabilityData } from "../ports/vulnerability-data.ts";
import type { WholeState } from "../state/state.ts";

/** The parts that operations and control loops work with; built once, in `main.ts`. */
export interface Platform {
  readonly state: WholeState;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly secrets: SecretBox;
  readonly credentials: Credentials;
  readonly identityProviders: IdentityProviders;
  readonly logs: LogStore;
  /** Who did what. The gateway and the registry write it. */
  readonly audit: AuditLog;
  readonly blobs: BlobStore;
  /** Other registries, as the pull-through cache reads them. */
  readonly upstreams: UpstreamRegistries;
  /** Origins that the operator lets the pull-through cache read besides the registries that ECR knows, such as `https://registry.lan:5000`. */
  readonly allowedUpstreams?: readonly string[];
  readonly vulnerabilities: VulnerabilityData;
  /** Buckets that the operator opened to requests that name objects; none where absent. */
  readonly objects?: ObjectReader;
  /** Where targets of load balancers may be, and where they may not: told over all accounts, since addresses know none. */
  readonly targetSurroundings: () => TargetSurroundings;
  /** `host:port` under which docker reaches the registry, such as `localhost:4566`. */
  readonly registryHost: string;
  /** Whether that host speaks TLS alone. */
  readonly registryOverTls?: boolean;
  /** ECR's own host name for the registry of an account in a region, where it leads here, with TLS; none does where absent. */
  readonly ecrHost?: (scope: Scope) => string | undefined;
  /** Where load balancers' logs go; nowhere where absent. */
  readonly logBuckets?: LogBuckets;
  /** Whether something leads packets to targets with their clients' addresses: datagrams, and connections that ask for it. Nothing does where absent. */
  readonly leadsPackets?: boolean;
  /** Where commands run in containers; nowhere where absent. */
  readonly execSessions?: ExecSessions;
  /** What of the host tasks may reach; nothing where absent. */
  readonly hostGrants?: HostGrants;
}
