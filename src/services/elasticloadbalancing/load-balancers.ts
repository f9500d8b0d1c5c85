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
import { interfacesOf, placeInterfaces, removeInterfaces, type WantedInterface } from "../../state/elb-interfaces.ts";
import type { State } from "../../state/state.ts";
import { ensureLinkedRole, makingLinkedRole } from "../iam/linked-role.ts";
import { deleteListenerRecord } from "../../state/elb-targets.ts";
import { because, type ConditionContext } from "../operation.ts";
import { requireUnregistered } from "./balancer-targets.ts";
import { checkEnum, creation, invalid, operation, permission } from "./elb-operation.ts";
import { checkArn, findLoadBalancer, own, type Place } from "./find.ts";
import { canonicalHostedZoneId } from "./hosted-zones.ts";
import { defaultLoadBalancerAttributes } from "./load-balancer-attributes.ts";
import { checkLoadBalancerName } from "./names.ts";
import { pageByArn } from "./page.ts";
import { checkSecurityGroups, checkSubnets, requireRoom, zonesOf } from "./placement.ts";
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
      if (!equalSettings(same, settings, state))
        throw new DuplicateLoadBalancerNameException(
          because(`A load balancer with the same name '${same.name}' exists, but with different settings`),
        );
      return { LoadBalancers: [describe(same, state)] };
    }
    const { name, type, scheme } = settings;
    if (others.filter((balancer) => balancer.type === type).length >= QUOTAS[`${type}-load-balancers`])
      throw new TooManyLoadBalancersException(because("The maximum number of load balancers has been reached"));
    const { places, ...recorded } = settings;
    requireRoom(places, context);
    const created = state.commit(() => {
      ensureLinkedRole("elasticloadbalancing.amazonaws.com", context);
      const id = ids.hex(16);
      // AWS names the two kinds so.
      const label = type === "network" ? `${name}-${id}` : `${scheme === "internal" ? "internal-" : ""}${name}-${ids.digits(10)}`;
      const balancer = state.table(loadBalancers).put({
        arn: context.arn("elasticloadbalancing", `loadbalancer/${type === "network" ? "net" : "app"}/${name}/${id}`),
        account,
        region,
        ...recorded,
        dnsName: `${label}.${region}.elb.localhost`,
        canonicalHostedZoneId: canonicalHostedZoneId(type, region),
        attributes: defaultLoadBalancerAttributes({ type, scheme }),
        state: { code: "provisioning" },
        tags,
        createdAt: now,
      });
      placeInterfaces(state, ids, balancer, places, now);
      return balancer;
    });
    return { LoadBalancers: [describe(created, state)] };
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
    return { LoadBalancers: items.map((balancer) => describe(balancer, context.state)), ...marker };
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
    requireUnregistered(state, balancer);
    state.commit(() => {
      for (const { arn } of state.table(listeners).by("loadBalancer", balancer.arn)) deleteListenerRecord(state, arn);
      removeInterfaces(state, balancer.arn);
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
    refuseSourceNat(input);
    const { state, ids, now } = context;
    const present = new Set(interfacesOf(state, balancer.arn).map(({ subnetId }) => subnetId));
    const found = checkSubnets(input, balancer, context);
    if (found[0]?.subnet.vpcId !== balancer.vpcId)
      throw new InvalidConfigurationRequestException(because(`The subnets must be in the VPC '${balancer.vpcId}' of the load balancer`));
    requireRoom(
      found.filter(({ subnet }) => !present.has(subnet.id)),
      context,
    );
    const changed = state.commit(() => {
      placeInterfaces(state, ids, balancer, found, now);
      return state.table(loadBalancers).put({ ...balancer, availabilityZones: zonesOf(found) });
    });
    return { AvailabilityZones: describe(changed, state).AvailabilityZones, IpAddressType: changed.ipAddressType };
  },
});

export const setSecurityGroups = operation("SetSecurityGroups", {
  authorize: ({ LoadBalancerArn = "*", ...input }) => permission("SetSecurityGroups", LoadBalancerArn, placeKeys(input)),
  run({ LoadBalancerArn, SecurityGroups, EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforce }, context) {
    const balancer = findLoadBalancer(LoadBalancerArn, context);
    // "You can't add security groups to a Network Load Balancer that was created without them": Network Load Balancers guide.
    if (balancer.type === "network" && balancer.securityGroups.length === 0)
      throw new InvalidConfigurationRequestException(
        because("You cannot set security groups for a Network Load Balancer that was created without security groups"),
      );
    if (!SecurityGroups || SecurityGroups.length === 0) throw invalid("At least one security group must be specified");
    checkEnum(enforce, "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", ["on", "off"]);
    if (enforce === "off" || (enforce !== undefined && balancer.type !== "network"))
      throw new InvalidConfigurationRequestException(
        because("Airfield has no PrivateLink: its inbound rules can be enforced on Network Load Balancers only, and always are"),
      );
    const checked = checkSecurityGroups(SecurityGroups, balancer, context);
    context.state.commit(() => context.state.table(loadBalancers).put({ ...balancer, securityGroups: checked }));
    return { SecurityGroupIds: [...checked], ...privateLink({ ...balancer, securityGroups: checked }) };
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

interface Settings extends Pick<
  LoadBalancerRecord,
  "name" | "type" | "scheme" | "ipAddressType" | "vpcId" | "availabilityZones" | "securityGroups"
> {
  readonly places: readonly WantedInterface[];
}

function checkSettings(input: CreateLoadBalancerInput, at: Place): Settings {
  const name = checkLoadBalancerName(input.Name);
  checkEnum(input.Type, "type", ["application", "network", "gateway"]);
  checkEnum(input.Scheme, "scheme", ["internet-facing", "internal"]);
  checkIpAddressType(input.IpAddressType);
  if (input.Type === "gateway")
    throw new InvalidConfigurationRequestException(
      because("Airfield has no appliances for load balancers of type 'gateway' to send packets to, only 'application' and 'network'"),
    );
  if (input.CustomerOwnedIpv4Pool !== undefined)
    throw new InvalidConfigurationRequestException(because("Customer-owned addresses are for load balancers on Outposts only"));
  if (input.IpamPools !== undefined)
    throw new InvalidConfigurationRequestException(because("Airfield does not support IPAM pools for load balancers"));
  refuseSourceNat(input);
  const type = input.Type ?? "application";
  const scheme = input.Scheme ?? "internet-facing";
  const places = checkSubnets(input, { type, scheme }, at);
  const vpcId = places[0]?.subnet.vpcId ?? "";
  const securityGroups = checkSecurityGroups(input.SecurityGroups, { type, vpcId }, at);
  return { name, type, scheme, ipAddressType: "ipv4", vpcId, availabilityZones: zonesOf(places), securityGroups, places };
}

function refuseSourceNat({ EnablePrefixForIpv6SourceNat }: Pick<CreateLoadBalancerInput, "EnablePrefixForIpv6SourceNat">): void {
  checkEnum(EnablePrefixForIpv6SourceNat, "enablePrefixForIpv6SourceNat", ["on", "off"]);
  if (EnablePrefixForIpv6SourceNat === "on")
    throw new InvalidConfigurationRequestException(
      because("Prefixes for source NAT are for dual-stack load balancers with UDP listeners only"),
    );
}

function checkIpAddressType(type: string | undefined): void {
  checkEnum(type, "ipAddressType", ["ipv4", "dualstack", "dualstack-without-public-ipv4"]);
  if (type !== undefined && type !== "ipv4")
    throw new InvalidConfigurationRequestException(because(`Airfield does not support the IP address type '${type}' yet, only 'ipv4'`));
}

function equalSettings(record: LoadBalancerRecord, wanted: Settings, state: State): boolean {
  const sorted = ({ type, scheme, ipAddressType, vpcId, availabilityZones, securityGroups }: LoadBalancerRecord | Settings): string =>
    JSON.stringify([type, scheme, ipAddressType, vpcId, availabilityZones.map((zone) => zone.subnetId).sort(), [...securityGroups].sort()]);
  const addresses = new Map(interfacesOf(state, record.arn).map((one) => [one.subnetId, one.chosen ? one.privateIpv4Address : undefined]));
  return sorted(record) === sorted(wanted) && wanted.places.every(({ subnet, address }) => addresses.get(subnet.id) === address);
}

/** What only Network Load Balancers with security groups have. */
function privateLink({ type, securityGroups }: LoadBalancerRecord) {
  return type === "network" && securityGroups.length > 0 ? ({ EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "on" } as const) : {};
}

function describe(balancer: LoadBalancerRecord, state: State): LoadBalancer {
  const addresses = new Map(interfacesOf(state, balancer.arn).map((one) => [one.subnetId, one]));
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
      // Only those that were asked for: DescribeNetworkInterfaces tells all.
      LoadBalancerAddresses: addresses.get(subnetId)?.chosen ? [{ PrivateIPv4Address: addresses.get(subnetId)?.privateIpv4Address }] : [],
    })),
    ...(balancer.type === "application" || balancer.securityGroups.length > 0 ? { SecurityGroups: [...balancer.securityGroups] } : {}),
    IpAddressType: balancer.ipAddressType,
    ...privateLink(balancer),
  };
}
