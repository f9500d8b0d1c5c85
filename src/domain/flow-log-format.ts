/** The fields of records of flow logs, by the version that they came with. Source: VPC User Guide, "Flow log records". */
const FIELDS_BY_VERSION = {
  2: [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
  ],
  3: ["vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr"],
  4: ["region", "az-id", "sublocation-type", "sublocation-id"],
  5: ["pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path"],
  7: [
    "ecs-cluster-arn",
    "ecs-cluster-name",
    "ecs-container-instance-arn",
    "ecs-container-instance-id",
    "ecs-container-id",
    "ecs-second-container-id",
    "ecs-service-name",
    "ecs-task-definition-arn",
    "ecs-task-arn",
    "ecs-task-id",
  ],
  8: ["reject-reason"],
} as const;

export type FlowField = (typeof FIELDS_BY_VERSION)[keyof typeof FIELDS_BY_VERSION][number];

const VERSIONS: ReadonlyMap<string, number> = new Map(
  Object.entries(FIELDS_BY_VERSION).flatMap(([version, fields]) => fields.map((field) => [field, Number(version)] as const)),
);

export const DEFAULT_FLOW_FORMAT = FIELDS_BY_VERSION[2].map((field) => `\${${field}}`).join(" ");

export interface FlowFormat {
  readonly fields: readonly FlowField[];
  /** The highest one of a field; what `version` shows. */
  readonly version: number;
}

/** Reads `${version} ${srcaddr} …`; tells what is no field of a record where there is such. An empty text has no fields. */
export function parseFlowFormat(text: string): FlowFormat | { readonly unknown: readonly string[] } {
  const pieces = text.split(/\s+/).filter((piece) => piece !== "");
  const names = pieces.map((piece) => /^\$\{([a-z-]+)\}$/.exec(piece)?.[1] ?? piece);
  const unknown = names.filter((name, at) => !VERSIONS.has(name) || pieces[at] === name);
  if (unknown.length > 0) return { unknown };
  return { fields: names as FlowField[], version: Math.max(2, ...names.map((name) => VERSIONS.get(name) ?? 2)) };
}
