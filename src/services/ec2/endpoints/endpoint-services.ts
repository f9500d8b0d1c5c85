import type { ServiceDetail, ServiceType } from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import { availabilityZones } from "../../../domain/availability-zones.ts";
import { endpointServices, type EndpointService } from "../../../domain/endpoint-services.ts";
import { dnsSuffixOf } from "../../../domain/partition.ts";
import { AwsError } from "../../aws-error.ts";
import { described } from "../describe.ts";
import { onAny, operation } from "../ec2-operation.ts";
import { serviceNotFound } from "./endpoint-parts.ts";

/** A service that has endpoints of both types is told of twice. */
interface Offer {
  readonly service: EndpointService;
  readonly type: ServiceType & ("Interface" | "Gateway");
  readonly id: string;
}

/** `vpce-svc-…`; follows from the name, as on AWS it is the same for everybody. */
function idOf(name: string, type: string): string {
  return `vpce-svc-${createHash("sha256").update(`${name} ${type}`).digest("hex").slice(0, 17)}`;
}

const OWNER = "amazon";
const ADDRESS_TYPES = ["ipv4"] as const;

export const describeVpcEndpointServices = operation("DescribeVpcEndpointServices", {
  authorize: onAny("DescribeVpcEndpointServices"),
  run(input, context) {
    const { region } = context;
    const inRegions = input.ServiceRegions ?? [];
    // Services are reached in the region of the VPC; of other regions none is.
    const known = inRegions.length > 0 && !inRegions.includes(region) ? [] : endpointServices(region);
    const names = input.ServiceNames ?? [];
    for (const name of names) if (!known.some((service) => service.name === name)) throw serviceNotFound(name);
    const offers = known
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .flatMap((service): Offer[] => service.types.map((type) => ({ service, type, id: idOf(service.name, type) })));
    const fields = {
      owner: () => OWNER,
      "service-name": ({ service }: Offer) => service.name,
      "service-region": () => region,
      "service-type": ({ type }: Offer) => type,
      "supported-ip-address-types": () => ADDRESS_TYPES,
    };
    const { items, ...more } = described(
      offers,
      input,
      { id: ({ service, type }) => `${service.name} ${type}`, fields, tags: () => [] },
      context,
    );
    return {
      ServiceNames: [...new Set(items.map(({ service }) => service.name))],
      ServiceDetails: items.map((offer) => detail(offer, region)),
      ...more,
    };
  },
});

function detail({ service, type, id }: Offer, region: string): ServiceDetail {
  const suffix = dnsSuffixOf(region);
  const privateNames = type === "Interface" ? service.privateDnsNames : [];
  const [first] = privateNames;
  return {
    ServiceName: service.name,
    ServiceId: id,
    ServiceType: [{ ServiceType: type }],
    ServiceRegion: region,
    AvailabilityZones: availabilityZones(region).map(({ name }) => name),
    AvailabilityZoneIds: availabilityZones(region).map((zone) => zone.id),
    Owner: OWNER,
    BaseEndpointDnsNames: [type === "Interface" ? `${service.host}.vpce.${suffix}` : `${service.host}.${suffix}`],
    ...(first !== undefined && {
      PrivateDnsName: first,
      PrivateDnsNames: privateNames.map((PrivateDnsName) => ({ PrivateDnsName })),
      PrivateDnsNameVerificationState: "verified" as const,
    }),
    VpcEndpointPolicySupported: service.policySupported,
    AcceptanceRequired: false,
    ManagesVpcEndpoints: false,
    Tags: [],
    SupportedIpAddressTypes: [...ADDRESS_TYPES],
  };
}

// Nobody here can offer a service of their own: what there is of such services is nothing.

const noService = (id: string) => new AwsError("InvalidVpcEndpointServiceId.NotFound", `The VpcEndpointService Id '${id}' does not exist`);

export const describeVpcEndpointServiceConfigurations = operation("DescribeVpcEndpointServiceConfigurations", {
  authorize: onAny("DescribeVpcEndpointServiceConfigurations"),
  run({ ServiceIds = [] }) {
    const [first] = ServiceIds;
    if (first !== undefined) throw noService(first);
    return { ServiceConfigurations: [] };
  },
});

export const describeVpcEndpointServicePermissions = operation("DescribeVpcEndpointServicePermissions", {
  authorize: ({ ServiceId }, at) => ({
    action: "ec2:DescribeVpcEndpointServicePermissions",
    resource: at.arn("ec2", `vpc-endpoint-service/${ServiceId ?? "*"}`),
  }),
  run({ ServiceId = "" }) {
    throw noService(ServiceId);
  },
});

export const describeVpcEndpointConnections = operation("DescribeVpcEndpointConnections", {
  authorize: onAny("DescribeVpcEndpointConnections"),
  run: () => ({ VpcEndpointConnections: [] }),
});

export const describeVpcEndpointConnectionNotifications = operation("DescribeVpcEndpointConnectionNotifications", {
  authorize: onAny("DescribeVpcEndpointConnectionNotifications"),
  run({ ConnectionNotificationId: id }) {
    if (id !== undefined) throw new AwsError("InvalidConnectionNotification", `The connection notification ID '${id}' does not exist`);
    return { ConnectionNotificationSet: [] };
  },
});
