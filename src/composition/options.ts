import type { RequestLimit } from "../decide/throttle/token-bucket.ts";
import type { Disposals } from "../disposals.ts";
import type { HostGrants } from "../domain/host-grants.ts";
import type { AcmeSettings } from "../drivers/acme/acme-issuer.ts";
import type { S3Location } from "../drivers/s3/location.ts";
import type { Logger } from "../ports/logger.ts";

export interface AirfieldOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly dockerSocket: string;
  readonly haproxyBinary?: string;
  readonly logger?: Logger;
  /** How long audit records are kept. */
  readonly audit?: AuditRetention;
  /** Listened on besides loopback; needs `tls` where it is not loopback itself. */
  readonly host?: string;
  /** Everything over TLS: with the operator's certificate, or one of our own for these further names. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | { readonly names: readonly string[] };
  /** Where the registry's bytes lie; in the data folder where absent. */
  readonly registryStore?: S3Location;
  /** What requests may read that name objects in buckets: a folder whose folders stand for buckets, or some buckets. Nothing where absent. */
  readonly objects?:
    | { readonly folder: string }
    | ({ readonly buckets: readonly string[] } & Pick<S3Location, "region" | "endpoint" | "credentials">);
  /** Bytes of layers in memory that are pulled again and again; 16 MiB where absent. Not of those in a bucket. */
  readonly registryMemory?: number;
  /** Blocks of addresses that load balancers may send to besides those of their VPC: loopback and other addresses of this host, public ones. */
  readonly targetAddresses?: readonly string[];
  /** Whether load balancers take heads of requests as large as AWS does; 15 KB where absent. */
  readonly hasLargeHeads?: boolean;
  /** The block from which public addresses are drawn; one of loopback where absent. */
  readonly publicAddresses?: string;
  /** Milliseconds for which a task waits for a way to what it needs, before it stops; two minutes where absent. */
  readonly unreachableAfterMs?: number;
  /** Whether a host that cannot enforce security groups, network ACLs and routes is refused, or nothing is enforced; enforced where it can be where absent. */
  readonly packetFilter?: "required" | "off";
  /** Where load balancers may deliver logs: a folder in which each folder is a bucket, or buckets of S3; nowhere where absent. */
  readonly logBuckets?: { readonly folder: string } | { readonly buckets: readonly S3Location[] };
  /** What of the host tasks may reach beside the folders of their accounts; nothing where absent. */
  readonly hostRights?: HostRights;
  /** How often each principal may call each API. No limit where absent. */
  readonly requestLimit?: RequestLimit;
  /** By which clients may call it, besides names and addresses that are its own: also `*.example.com`. */
  readonly hostNames?: readonly string[];
  /** Of pages whose scripts may read answers, besides its own. */
  readonly origins?: readonly string[];
  /** Where names of zones and load balancers are answered to this host; nowhere where absent. `asked` where the operator named it. */
  readonly dns?: { readonly address: string; readonly port: number; readonly asked: boolean };
  /** Domains for which public zones here answer to the tasks of all accounts, such as `example.org`. */
  readonly sharedDomains?: readonly string[];
  /** Origins that the pull-through cache may read besides the registries that ECR knows, such as `http://localhost:5000`. */
  readonly allowedUpstreams?: readonly string[];
  /** Who issues the certificates of ACM; our own authority where absent. */
  readonly acme?: AcmeSettings;
}

export interface HostRights extends Pick<HostGrants, "paths" | "volumes" | "privilegedAccounts"> {
  /** Whether every account may have images that were made on the engine. */
  readonly imagesMadeHere: boolean;
}

export interface AuditRetention {
  readonly days: number;
  /** Bytes of all records together; the oldest go first. */
  readonly largestTotal: number;
}

/** What each chapter of the composition is given besides what came before it. */
export interface Start {
  readonly options: AirfieldOptions;
  readonly logger: Logger;
  /** What must be let go of at the end, last one first. */
  readonly opened: Disposals;
}
