import type { EmptyValues } from "./empty-values.ts";
import type { ServiceConstraints } from "./model-constraints.ts";
import type { Operation } from "./operation.ts";

export type WireProtocol = "awsJson1.0" | "awsJson1.1" | "awsQuery" | "ec2Query" | "restJson" | "restXml" | "rpcv2Cbor";

export interface ServiceOperations {
  readonly operations: readonly Operation[];
  readonly emptyValues: EmptyValues;
  readonly constraints: ServiceConstraints;
}

/** What the gateway must know of a service before it is loaded. Names, versions and targets are AWS's. */
export interface ServiceDescriptor {
  /** The folder under `src/services/`, and the prefix of its IAM actions. */
  readonly id: string;
  readonly title: string;
  /** The service's name in the credential scope of a signature. */
  readonly signingName: string;
  /** What it is called in the names of VPC endpoints, where that is something else: `ecr.api`. */
  readonly endpointName?: string;
  readonly protocol: WireProtocol;
  /** What it speaks besides, where clients of several ages talk to it: each request says which it is. */
  readonly furtherProtocols?: readonly WireProtocol[];
  /** Whether clients of its later protocols know its errors by the codes of the Query one. */
  readonly queryCompatible?: boolean;
  /** The prefix of `X-Amz-Target` in the JSON protocols, and the name of the service in the paths of rpcv2Cbor. */
  readonly target?: string;
  /** The `Version` parameter of the Query protocols. */
  readonly version?: string;
  readonly xmlNamespace?: string;
  /** The service's SDK package, which brings schemas and exceptions. */
  readonly client: () => Promise<object>;
  /** Its folder: the operations, what empty values mean to them, and what AWS's model asks of their inputs. */
  readonly operations: () => Promise<ServiceOperations>;
  /**
   * The code that this service gives a request in which a required member is missing, or a value is beyond its constraints.
   * `ValidationException`, or `ValidationError` and `MissingParameter` in the Query protocols, where absent.
   */
  readonly invalidInputCode?: string;
  /** `ecr`: it tells of one broken constraint, in words of its own. */
  readonly constraintWords?: "ecr";
  /** What AWS calls a member that is missing, where that is not its name on the wire. */
  readonly missingMemberNames?: Readonly<Record<string, string>>;
  /** Operations that are not here and take no signature on AWS: who asks for them is told that they are not here. */
  readonly unsignedOnAws?: readonly string[];
  /** Operations that only AWS itself can offer: the reason, by name. */
  readonly notOffered?: Readonly<Record<string, string>>;
  /** What implemented operations refuse by name, and why, as parts of one sentence. */
  readonly refuses?: readonly string[];
}
