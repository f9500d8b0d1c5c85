import { availabilityZones } from "../../domain/availability-zones.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { dnsSuffixOf, partitionOf } from "../../domain/partition.ts";
import { isRegion } from "../../domain/scope.ts";
import { chosen, described } from "./describe.ts";
import { invalidValue, onAny, operation } from "./ec2-operation.ts";

/** The regions that every AWS account has enabled. Here every well-formed region name works; these are those that a client is told of. */
const REGIONS = [
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
];

const REGIONS_OF: Readonly<Record<string, readonly string[]>> = {
  aws: REGIONS,
  "aws-cn": ["cn-north-1", "cn-northwest-1"],
  "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"],
};

const endpointOf = (region: string): string => `ec2.${region}.${dnsSuffixOf(region)}`;

export const describeRegions = operation("DescribeRegions", {
  authorize: onAny("DescribeRegions"),
  run(input, context) {
    const known = [
      ...new Set([...(REGIONS_OF[partitionOf(context.region)] ?? []), context.region, ...(input.RegionNames ?? []).filter(isRegion)]),
    ];
    const wanted = chosen(
      known,
      input.RegionNames,
      (region) => region,
      (region) => invalidValue(`Region not found: ${region}`),
    );
    const fields = { "region-name": (region: string) => region, endpoint: endpointOf, "opt-in-status": () => "opt-in-not-required" };
    const { items } = described(wanted, { Filters: input.Filters }, { id: (region) => region, fields }, context);
    return { Regions: items.map((region) => ({ RegionName: region, Endpoint: endpointOf(region), OptInStatus: "opt-in-not-required" })) };
  },
});

export const describeAvailabilityZones = operation("DescribeAvailabilityZones", {
  authorize: onAny("DescribeAvailabilityZones"),
  run(input, context) {
    const zones = availabilityZones(context.region);
    const missing = (zone: string) => invalidValue(`Invalid availability zone: [${zone}]`);
    const named = chosen(zones, input.ZoneNames, ({ name }) => name, missing);
    const wanted = chosen(named, input.ZoneIds, ({ id }) => id, missing);
    const { items } = described(
      wanted,
      { Filters: input.Filters },
      {
        id: ({ name }) => name,
        fields: {
          "zone-name": ({ name }) => name,
          "zone-id": ({ id }) => id,
          "region-name": () => context.region,
          state: () => "available",
          "opt-in-status": () => "opt-in-not-required",
          "zone-type": () => "availability-zone",
          "group-name": () => context.region,
          "group-long-name": () => context.region,
          "network-border-group": () => context.region,
        },
      },
      context,
    );
    return {
      AvailabilityZones: items.map(({ name, id }) => ({
        State: "available" as const,
        OptInStatus: "opt-in-not-required" as const,
        Messages: [],
        RegionName: context.region,
        ZoneName: name,
        ZoneId: id,
        GroupName: context.region,
        NetworkBorderGroup: context.region,
        ZoneType: "availability-zone",
      })),
    };
  },
});

export const describeAccountAttributes = operation("DescribeAccountAttributes", {
  authorize: onAny("DescribeAccountAttributes"),
  run({ AttributeNames: names }, context) {
    const { vpc } = defaultNetwork(context.state.whole, context.ids, context);
    const attributes: Readonly<Record<string, string>> = {
      "supported-platforms": "VPC",
      "default-vpc": vpc.id,
      "max-instances": "20",
      "vpc-max-security-groups-per-interface": "5",
      "max-elastic-ips": "5",
      "vpc-max-elastic-ips": "5",
    };
    for (const name of names ?? [])
      if (!Object.hasOwn(attributes, name))
        throw invalidValue(`Value (${name}) for parameter attributeName is invalid. Unknown attribute.`);
    const wanted: readonly string[] = names && names.length > 0 ? names : Object.keys(attributes);
    return {
      AccountAttributes: wanted.map((name) => ({ AttributeName: name, AttributeValues: [{ AttributeValue: attributes[name] ?? "" }] })),
    };
  },
});
