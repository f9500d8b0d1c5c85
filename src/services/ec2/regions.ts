import { availabilityZones } from "../../domain/availability-zones.ts";
import { dnsSuffixOf } from "../../domain/partition.ts";
import { regionsSeenFrom } from "../../domain/regions.ts";
import { isRegion } from "../../domain/scope.ts";
import { findDefaultVpc } from "../../state/default-vpc.ts";
import { chosen, described } from "./describe.ts";
import { invalidValue, onAny, operation } from "./ec2-operation.ts";

const endpointOf = (region: string): string => `ec2.${region}.${dnsSuffixOf(region)}`;

export const describeRegions = operation("DescribeRegions", {
  authorize: onAny("DescribeRegions"),
  run(input, context) {
    const known = [...new Set([...regionsSeenFrom(context.region), ...(input.RegionNames ?? []).filter(isRegion)])];
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
    const attributes: Readonly<Record<string, string>> = {
      "supported-platforms": "VPC",
      "default-vpc": findDefaultVpc(context.state, context)?.id ?? "none",
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
