import { dnsSuffixOf } from "./partition.ts";

/** A service of AWS that a VPC may have an endpoint for, in a region. */
export interface EndpointService {
  /** `com.amazonaws.us-east-1.ecr.api`. */
  readonly name: string;
  readonly types: readonly ("Interface" | "Gateway")[];
  /** What its names end with, such as `ecr.us-east-1.amazonaws.com`'s `api.ecr.us-east-1`; an endpoint's own names have it before `vpce.amazonaws.com`. */
  readonly host: string;
  /** The names that lead to an interface endpoint with private DNS in its VPC; `*.` stands for any label. */
  readonly privateDnsNames: readonly string[];
  readonly policySupported: boolean;
}

interface Kind {
  readonly types?: readonly ("Interface" | "Gateway")[];
  /** The first labels of its host names where they are not the service's name. */
  readonly labels?: string;
  /** Before the host names that private DNS has: the name itself where absent. */
  readonly privateLabels?: readonly string[];
  readonly policySupported?: boolean;
}

const INTERFACE = ["Interface"] as const;

/**
 * What lives here, and what its clients look for beside it. Sources: AWS PrivateLink User Guide, "AWS services that integrate with AWS PrivateLink";
 * AWS General Reference, service endpoints; Amazon ECR and ECS guides, "interface VPC endpoints".
 */
const KINDS: Readonly<Record<string, Kind>> = {
  "application-autoscaling": {},
  cloudtrail: {},
  dynamodb: { types: ["Gateway"], privateLabels: [] },
  ec2: {},
  ec2messages: {},
  "ecr.api": { labels: "api.ecr" },
  "ecr.dkr": { labels: "dkr.ecr", privateLabels: ["*.dkr.ecr"] },
  ecs: {},
  "ecs-agent": { labels: "ecs-a" },
  "ecs-telemetry": { labels: "ecs-t" },
  elasticloadbalancing: {},
  kms: {},
  logs: {},
  monitoring: {},
  s3: { types: ["Gateway", "Interface"], privateLabels: ["s3", "*.s3", "*.s3-accesspoint", "*.s3-control"] },
  secretsmanager: {},
  servicediscovery: {},
  ssm: {},
  ssmmessages: {},
  sts: {},
};

/** All services that a VPC of the region may have endpoints for, by name. */
export function endpointServices(region: string): readonly EndpointService[] {
  return Object.entries(KINDS).map(([id, { types = INTERFACE, labels = id, privateLabels = [labels], policySupported = true }]) => ({
    name: `com.amazonaws.${region}.${id}`,
    types,
    host: `${labels}.${region}`,
    privateDnsNames: privateLabels.map((label) => `${label}.${region}.${dnsSuffixOf(region)}`),
    policySupported,
  }));
}

export function endpointService(region: string, name: string): EndpointService | undefined {
  return endpointServices(region).find((service) => service.name === name);
}
