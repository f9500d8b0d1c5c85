import { createHash } from "node:crypto";
import { availabilityZones } from "../../domain/availability-zones.ts";
import { dnsSuffixOf, partitionOf } from "../../domain/partition.ts";
import { longNameOf, regionsSeenFrom } from "../../domain/regions.ts";

/**
 * Parameters that AWS keeps for everybody below `/aws/service/`: those that modules for containers read. Machine images are not here, and
 * AWS's change every week: their ids are of AWS's form, stay the same, and name nothing.
 * Source: Systems Manager User Guide, "Discovering public parameters in Parameter Store"; Amazon ECS Developer Guide, "Retrieving Amazon
 * ECS-optimized Linux AMI metadata".
 */
export interface PublicParameter {
  readonly name: string;
  readonly value: string;
  readonly dataType: "text" | "aws:ec2:image";
}

export const PUBLIC_PATH = "/aws/service/";
const text = (name: string, value: string): PublicParameter => ({ name: `${PUBLIC_PATH}${name}`, value, dataType: "text" });

const BY_REGION = new Map<string, ReadonlyMap<string, PublicParameter>>();

/** Those of a region, by their names. Made once: regions are few. */
export function publicParameters(region: string): ReadonlyMap<string, PublicParameter> {
  const known = BY_REGION.get(region);
  if (known) return known;
  const all = [...optimizedImages(region), ...latestImages(region), ...logRouters(), ...globalInfrastructure(region)];
  const made = new Map(all.map((parameter) => [parameter.name, parameter]));
  BY_REGION.set(region, made);
  return made;
}

const OPTIMIZED: readonly (readonly [path: string, image: string, version: string, os: string])[] = [
  ["amazon-linux-2023", "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64", "2023.0.20250610", "Amazon Linux 2023"],
  ["amazon-linux-2023/arm64", "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-arm64", "2023.0.20250610", "Amazon Linux 2023"],
  ["amazon-linux-2023/gpu", "al2023-ami-ecs-gpu-hvm-2023.0.20250610-kernel-6.1-x86_64-ebs", "2023.0.20250610", "Amazon Linux 2023"],
  ["amazon-linux-2023/neuron", "al2023-ami-ecs-neuron-hvm-2023.0.20250610-kernel-6.1-x86_64", "2023.0.20250610", "Amazon Linux 2023"],
  ["amazon-linux-2", "amzn2-ami-ecs-hvm-2.0.20250610-x86_64-ebs", "2.0.20250610", "Amazon Linux 2"],
  ["amazon-linux-2/arm64", "amzn2-ami-ecs-hvm-2.0.20250610-arm64-ebs", "2.0.20250610", "Amazon Linux 2"],
  ["amazon-linux-2/gpu", "amzn2-ami-ecs-gpu-hvm-2.0.20250610-x86_64-ebs", "2.0.20250610", "Amazon Linux 2"],
  ["amazon-linux-2/inf", "amzn2-ami-ecs-inf-hvm-2.0.20250610-x86_64-ebs", "2.0.20250610", "Amazon Linux 2"],
  ["amazon-linux-2/kernel-5.10", "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20250610-x86_64-ebs", "2.0.20250610", "Amazon Linux 2"],
  ["amazon-linux-2/kernel-5.10/arm64", "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20250610-arm64-ebs", "2.0.20250610", "Amazon Linux 2"],
];

/** The whole as JSON at `recommended`, and each member below it. */
function optimizedImages(region: string): readonly PublicParameter[] {
  return OPTIMIZED.flatMap(([path, image_name, image_version, os]) => {
    const members = {
      ecs_agent_version: "1.94.0",
      ecs_runtime_version: "Docker version 25.0.8",
      image_id: imageId(image_name, region),
      image_name,
      image_version,
      os,
      schema_version: 1,
    };
    const at = `ecs/optimized-ami/${path}/recommended`;
    return [text(at, JSON.stringify(members)), ...Object.entries(members).map(([key, value]) => text(`${at}/${key}`, String(value)))];
  });
}

const LATEST = [
  ...["kernel-default", "kernel-6.1", "minimal-kernel-default", "minimal-kernel-6.1"].flatMap((kind) => [
    `al2023-ami-${kind}-x86_64`,
    `al2023-ami-${kind}-arm64`,
  ]),
  ...["hvm", "kernel-5.10-hvm"].flatMap((kind) => [`amzn2-ami-${kind}-x86_64-gp2`, `amzn2-ami-${kind}-arm64-gp2`]),
];

function latestImages(region: string): readonly PublicParameter[] {
  return LATEST.map((image) => ({
    name: `${PUBLIC_PATH}ami-amazon-linux-latest/${image}`,
    value: imageId(image, region),
    dataType: "aws:ec2:image",
  }));
}

function imageId(name: string, region: string): string {
  return `ami-${createHash("sha256").update(`${region}/${name}`).digest("hex").slice(0, 17)}`;
}

/** AWS names its own registry of each region here; its public one has the same images, for everybody to pull. */
function logRouters(): readonly PublicParameter[] {
  return ["stable", "latest"].map((tag) => text(`aws-for-fluent-bit/${tag}`, `public.ecr.aws/aws-observability/aws-for-fluent-bit:${tag}`));
}

function globalInfrastructure(region: string): readonly PublicParameter[] {
  const at = "global-infrastructure";
  return [
    text(`${at}/current-region`, region),
    text(`${at}/current-region/longName`, longNameOf(region)),
    ...regionsSeenFrom(region).flatMap((one) => [
      text(`${at}/regions/${one}`, one),
      text(`${at}/regions/${one}/longName`, longNameOf(one)),
      text(`${at}/regions/${one}/partition`, partitionOf(one)),
      text(`${at}/regions/${one}/domain`, dnsSuffixOf(one)),
      ...availabilityZones(one).flatMap(({ id }) => [
        text(`${at}/regions/${one}/availability-zones/${id}`, id),
        text(`${at}/availability-zones/${id}`, id),
        text(`${at}/availability-zones/${id}/parent-region`, one),
      ]),
    ]),
  ];
}
