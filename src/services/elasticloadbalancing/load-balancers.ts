import { scopeKey } from "../../domain/scope.ts";
import {
  DuplicateLoadBalancerNameException,
  InvalidConfigurationRequestException,
  LoadBalancerNotFoundException,
  OperationNotPermittedException,
  TooManyLoadBalancersException,
  type CreateLoadBalancerInput,
  type LoadBalancer,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { listeners, loadBalancers, type LoadBalancerRecord } from "../../state/elb.ts";
import { ensureLinkedRole, makingLinkedRole } from "../iam/linked-role.ts";
import { deleteListenerRecord } from "../../state/elb-targets.ts";
import { because, type ConditionContext } from "../operation.ts";
import { checkEnum, creation, invalid, operation, permission } from "./elb-operation.ts";
import { checkArn, findLoadBalancer, own, type Place } from "./find.ts";
import { canonicalHostedZoneId } from "./hosted-zones.ts";
import { defaultLoadBalancerAttributes } from "./load-balancer-attributes.ts";
import { checkLoadBalancerName } from "./names.ts";
import { pageByArn } from "./page.ts";
import { checkSecurityGroups, checkSubnets, zonesOf } from "./placement.ts";
import { QUOTAS } from "./quotas.ts";
import { checkTags } from "./tags.ts";

export const createLoadBalancer = operation("CreateLoadBalancer", {
  authorize(input, at) {
    const kind = input.Type === "network" ? "net" : input.Type === "gateway" ? "gwy" : "app";
    const created = at.arn("elasticloadbalancing", `loadbalancer/${kind}/${input.Name}/*`);
    const context = { "elasticloadbalancing:Scheme": input.Scheme ?? "internet-facing", ...placeKeys(input) };
    return [
      ...creation("CreateLoadBalancer", { on: created, created, tags: input.Tags, context }),
      ...makingLinkedRole(at, "elasticloadbalancing.amazonaws.com"),
    ];
  },
  run(input, context) {
    const { state, ids, now, account, region } = context;
    const settings = checkSettings(input, context);
    const tags = checkTags(input.Tags);
    const others = state.table(loadBalancers).by("scope", scopeKey(context));
    const same = others.find((balancer) => balancer.name === settings.name);
    if (same) {
      if (!equalSettings(same, settings))
        throw new DuplicateLoadBalancerNameException(
          because(`A load balancer with the same name '${same.name}' exists, but with different settings`),
        );
      return { LoadBalancers: [describe(same)] };
    }
    if (others.length >= QUOTAS["application-load-balancers"])
      throw new TooManyLoadBalancersException(because("The maximum number of load balancers has been reached"));
    const prefix = settings.scheme === "internal" ? "internal-" : "";
    const created = state.commit(() => {
      ensureLinkedRole("elasticloadbalancing.amazonaws.com", context);
      return state.table(loadBalancers).put({
        arn: context.arn("elasticloadbalancing", `loadbalancer/app/${settings.name}/${ids.hex(16)}`),
        account,
        region,
        ...settings,
        dnsName: `${prefix}${settings.name}-${ids.digits(10)}.${region}.elb.localhost`,
        canonicalHostedZoneId: canonicalHostedZoneId(region),
        attributes: defaultLoadBalancerAttributes(),
        state: { code: "provisioning" },
        tags,
        createdAt: now,
      });
    });
    return { LoadBalancers: [describe(created)] };
  },
});

export const describeLoadBalancers = operation("DescribeLoadBalancers", {
  authorize: () => permission("DescribeLoadBalancers"),
  run(input, context) {
    const { LoadBalancerArns = [], Names = [] } = input;
    if (LoadBalancerArns.length > 0 && Names.length > 0)
      throw invalid("Load balancer names and load balancer ARNs cannot be specified at the same time");
    if (LoadBalancerArns.length > 20 || Names.length > 20) throw invalid("The maximum number of load balancers to describe is '20'");
    for (const arn of LoadBalancerArns) checkArn(arn, "load balancer", context);
    const all = context.state.table(loadBalancers).by("scope", scopeKey(context));
    const missing = [
      ...Names.filter((name) => !all.some((balancer) => balancer.name === name)),
      ...LoadBalancerArns.filter((arn) => !all.some((balancer) => balancer.arn === arn)),
    ];
    if (missing.length > 0) throw new LoadBalancerNotFoundException(because(`Load balancers '[${missing.join(", ")}]' not found`));
    const named = Names.length + LoadBalancerArns.length > 0;
    const wanted = named ? all.filter(({ arn, name }) => Names.includes(name) || LoadBalancerArns.includes(arn)) : all;
    const { items, ...marker } = pageByArn(wanted, input, context);
    return { LoadBalancers: items.map(describe), ...marker };
  },
});

/** Deletes the load balancer with its listeners. One that does not exist is no error, as on AWS. */
export const deleteLoadBalancer = operation("DeleteLoadBalancer", {
  authorize: ({ LoadBalancerArn }) => permission("DeleteLoadBalancer", LoadBalancerArn ?? "*"),
  run({ LoadBalancerArn = "" }, context) {
    checkArn(LoadBalancerArn, "load balancer", context);
    const { state } = context;
    const balancer = own(state.table(loadBalancers).get(LoadBalancerArn), context);
    if (!balancer) return {};
    if (balancer.attributes["deletion_protection.enabled"] === "true")
      throw new OperationNotPermittedException(
        because(`Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`),
      );
    state.commit(() => {
      for (const { arn } of state.table(listeners).by("loadBalancer", balancer.arn)) deleteListenerRecord(state, arn);
      state.table(loadBalancers).delete(balancer.arn);
    });
    return {};
  },
});

export const setSubnets = operation("SetSubnets", {
  authorize: ({ LoadBalancerArn = "*", ...input }) => permission("SetSubnets", LoadBalancerArn, placeKeys(input)),
  run(input, context) {
    const balancer = findLoadBalancer(input.LoadBalancerArn, context);
    checkIpAddressType(input.IpAddressType);
    const found = checkSubnets(input, context);
    if (found[0]?.vpcId !== balancer.vpcId)
      throw new InvalidConfigurationRequestException(because(`The subnets must be in the VPC '${balancer.vpcId}' of the load balancer`));
    const changed = context.state.commit(() => context.state.table(loadBalancers).put({ ...balancer, availabilityZones: zonesOf(found) }));
    return { AvailabilityZones: describe(changed).AvailabilityZones, IpAddressType: changed.ipAddressType };
  },
});

export const setSecurityGroups = operation("SetSecurityGroups", {
  authorize: ({ LoadBalancerArn = "*", ...input }) => permission("SetSecurityGroups", LoadBalancerArn, placeKeys(input)),
  run({ LoadBalancerArn, SecurityGroups }, context) {
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    if (!SecurityGroups || SecurityGroups.length === 0) throw invalid("At least one security group must be specified");
    const checked = checkSecurityGroups(SecurityGroups, balancer.vpcId, context);
    context.state.commit(() => context.state.table(loadBalancers).put({ ...balancer, securityGroups: checked }));
    return { SecurityGroupIds: [...checked] };
  },
});

export const setIpAddressType = operation("SetIpAddressType", {
  authorize: ({ LoadBalancerArn }) => permission("SetIpAddressType", LoadBalancerArn ?? "*"),
  run({ LoadBalancerArn, IpAddressType }, context) {
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    checkIpAddressType(IpAddressType);
    return { IpAddressType: balancer.ipAddressType };
  },
});

interface Placed {
  readonly Subnets?: readonly string[] | undefined;
  readonly SubnetMappings?: readonly { readonly SubnetId?: string | undefined }[] | undefined;
  readonly SecurityGroups?: readonly string[] | undefined;
}

/** The condition keys of where a load balancer is put. Source: Service Authorization Reference, Elastic Load Balancing V2. */
function placeKeys({ Subnets = [], SubnetMappings = [], SecurityGroups = [] }: Placed): ConditionContext {
  const subnets = [...Subnets, ...SubnetMappings.map(({ SubnetId = "" }) => SubnetId)];
  return {
    "elasticloadbalancing:Subnet": subnets.length > 0 ? subnets : undefined,
    "elasticloadbalancing:SecurityGroup": SecurityGroups.length > 0 ? SecurityGroups : undefined,
  };
}

type Settings = Pick<LoadBalancerRecord, "name" | "type" | "scheme" | "ipAddressType" | "vpcId" | "availabilityZones" | "securityGroups">;

function checkSettings(input: CreateLoadBalancerInput, at: Place): Settings {
  const name = checkLoadBalancerName(input.Name);
  checkEnum(input.Type, "type", ["application", "network", "gateway"]);
  checkEnum(input.Scheme, "scheme", ["internet-facing", "internal"]);
  checkIpAddressType(input.IpAddressType);
  if (input.Type !== undefined && input.Type !== "application")
    throw new InvalidConfigurationRequestException(
      because(`Airfield does not support load balancers of type '${input.Type}' yet, only 'application'`),
    );
  const found = checkSubnets(input, at);
  const vpcId = found[0]?.vpcId ?? "";
  return {
    name,
    type: "application",
    scheme: input.Scheme ?? "internet-facing",
    ipAddressType: "ipv4",
    vpcId,
    availabilityZones: zonesOf(found),
    securityGroups: checkSecurityGroups(input.SecurityGroups, vpcId, at),
  };
}

function checkIpAddressType(type: string | undefined): void {
  checkEnum(type, "ipAddressType", ["ipv4", "dualstack", "dualstack-without-public-ipv4"]);
  if (type !== undefined && type !== "ipv4")
    throw new InvalidConfigurationRequestException(because(`Airfield does not support the IP address type '${type}' yet, only 'ipv4'`));
}

function equalSettings(record: LoadBalancerRecord, wanted: Settings): boolean {
  const sorted = ({ type, scheme, ipAddressType, vpcId, availabilityZones, securityGroups }: Settings): string =>
    JSON.stringify([type, scheme, ipAddressType, vpcId, availabilityZones.map((zone) => zone.subnetId).sort(), [...securityGroups].sort()]);
  return sorted(record) === sorted(wanted);
}

function describe(balancer: LoadBalancerRecord): LoadBalancer {
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: balancer.canonicalHostedZoneId,
    CreatedTime: new Date(balancer.createdAt),
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: { Code: balancer.state.code, Reason: balancer.state.reason },
    Type: balancer.type,
    AvailabilityZones: balancer.availabilityZones.map(({ zoneName, subnetId }) => ({
      ZoneName: zoneName,
      SubnetId: subnetId,
      LoadBalancerAddresses: [],
    })),
    SecurityGroups: [...balancer.securityGroups],
    IpAddressType: balancer.ipAddressType,
  };
}
