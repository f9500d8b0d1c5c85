import {
  DuplicateListenerException,
  InvalidLoadBalancerActionException,
  ListenerNotFoundException,
  TooManyListenersException,
  type Action,
  type Listener,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { State } from "../../state/state.ts";
import { listeners, rules, targetGroupsOf, type ListenerRecord, type LoadBalancerRecord } from "../../state/elb.ts";
import { deleteListenerRecord } from "../../state/elb-targets.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkActions, typeBeforeOthers } from "./actions.ts";
import { describeActions } from "./authenticate-oidc.ts";
import { requireNoTarget } from "./balancer-targets.ts";
import { checkEnum, checkRange, creation, invalid, operation, permission } from "./elb-operation.ts";
import { checkArn, findListener, findLoadBalancer, findTargetGroup, own, type Place } from "./find.ts";
import { checkListenerTls, describeTls, type ListenerTls } from "./listener-tls.ts";
import { defaultListenerAttributes } from "./listener-attributes.ts";
import { checkNetworkProtocol, requireCompatible, requireOneWay } from "./network-listeners.ts";
import { pageByArn } from "./page.ts";
import { QUOTAS } from "./quotas.ts";
import { checkTags } from "./tags.ts";
import { checkReachable } from "./target-group-kind.ts";

export const createListener = operation("CreateListener", {
  authorize: ({ LoadBalancerArn = "*", Tags: tags, ...input }) =>
    creation("CreateListener", {
      on: LoadBalancerArn,
      created: `${LoadBalancerArn.replace(":loadbalancer/", ":listener/")}/*`,
      tags,
      context: listenerKeys(input),
    }),
  run(input, context) {
    const { state, ids, now, account, region } = context;
    const balancer = findLoadBalancer(input.LoadBalancerArn, context);
    if (input.Port === undefined) throw invalid("A listener port must be specified");
    if (input.Protocol === undefined) throw invalid("A listener protocol must be specified");
    const protocol = checkProtocol(input, balancer, input.Protocol, context);
    checkRange(input.Port, "port", 1, 65_535);
    const port = input.Port;
    const others = state.table(listeners).by("loadBalancer", balancer.arn);
    const same = others.find((listener) => listener.port === port);
    const place = { port, protocol: input.Protocol, before: same?.defaultActions };
    const defaultActions = checkActions(input.DefaultActions, balancer, place, context);
    const tls = checkListenerTls(input, { protocol, balancer }, context);
    const tags = checkTags(input.Tags);
    if (same) {
      if (isSame(same, { protocol, defaultActions, ...tls })) return { Listeners: [describe(same)] };
      throw new DuplicateListenerException(because(`A listener already exists on this port for this load balancer '${balancer.arn}'`));
    }
    if (others.length >= QUOTAS[`listeners-per-${balancer.type}-load-balancer`])
      throw new TooManyListenersException(because("The maximum number of listeners has been reached on the load balancer"));
    const created = state.commit(() =>
      state.table(listeners).put({
        arn: `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${ids.hex(16)}`,
        loadBalancerArn: balancer.arn,
        account,
        region,
        protocol,
        port,
        defaultActions,
        ...tls,
        attributes: defaultListenerAttributes(protocol),
        tags,
        createdAt: now,
      }),
    );
    return { Listeners: [describe(created)] };
  },
});

export const describeListeners = operation("DescribeListeners", {
  authorize: () => permission("DescribeListeners"),
  run(input, context) {
    const { LoadBalancerArn, ListenerArns = [] } = input;
    if (LoadBalancerArn === undefined && ListenerArns.length === 0)
      throw invalid("You must specify either listener ARNs or a load balancer ARN");
    if (LoadBalancerArn !== undefined && ListenerArns.length > 0)
      throw invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time");
    const table = context.state.table(listeners);
    const { items, ...marker } = pageByArn(chosen(), input, context);
    return { Listeners: items.map(describe), ...marker };

    function chosen(): readonly ListenerRecord[] {
      if (LoadBalancerArn !== undefined) return table.by("loadBalancer", findLoadBalancer(LoadBalancerArn, context).arn);
      for (const arn of ListenerArns) checkArn(arn, "listener", context);
      const found = [...new Set(ListenerArns)].map((arn) => own(table.get(arn), context));
      if (!found.every((listener) => listener !== undefined))
        throw new ListenerNotFoundException(because("One or more listeners not found"));
      return found;
    }
  },
});

export const modifyListener = operation("ModifyListener", {
  authorize: ({ ListenerArn = "*", ...input }) => permission("ModifyListener", ListenerArn, listenerKeys(input)),
  run(input, context) {
    const { state } = context;
    const listener = findListener(input.ListenerArn, context);
    const balancer = findLoadBalancer(listener.loadBalancerArn, context);
    const protocol = checkProtocol(input, balancer, input.Protocol ?? listener.protocol, context);
    checkRange(input.Port, "port", 1, 65_535);
    const port = input.Port ?? listener.port;
    if (port !== listener.port) requireNoTarget(state, listener);
    if (
      state
        .table(listeners)
        .by("loadBalancer", balancer.arn)
        .some((other) => other.port === port && other.arn !== listener.arn)
    )
      throw new DuplicateListenerException(because(`A listener already exists on this port for this load balancer '${balancer.arn}'`));
    const defaultActions =
      input.DefaultActions === undefined
        ? listener.defaultActions
        : checkActions(input.DefaultActions, balancer, { port, protocol, before: listener.defaultActions }, context);
    requireCarried([...defaultActions, ...actionsOfRules(listener, state)], protocol, balancer, context);
    const tls = checkListenerTls(input, { protocol, balancer, before: listener }, context);
    // Another port has to be bound anew, and others may have taken it first.
    const { boundPort: _bound, turn: _turn, ...unbound } = listener;
    const {
      certificates: _certificates,
      sslPolicy: _policy,
      alpnPolicy: _alpn,
      mutualAuthentication: _clients,
      ...kept
    } = port === listener.port ? listener : unbound;
    const changed = state.commit(() => state.table(listeners).put({ ...kept, protocol, port, defaultActions, ...tls }));
    return { Listeners: [describe(changed)] };
  },
});

export const deleteListener = operation("DeleteListener", {
  authorize: ({ ListenerArn }) => permission("DeleteListener", ListenerArn ?? "*"),
  run({ ListenerArn }, context) {
    const { arn, loadBalancerArn, port } = findListener(ListenerArn, context);
    requireNoTarget(context.state, { loadBalancerArn, port });
    context.state.commit(() => deleteListenerRecord(context.state, arn));
    return {};
  },
});

function actionsOfRules({ arn }: ListenerRecord, state: State): readonly Action[] {
  return state
    .table(rules)
    .by("listener", arn)
    .flatMap(({ actions }) => actions);
}

/** Refuses a protocol by which actions cannot be carried out that were there before: sessions, HTTP/2 and gRPC are for encrypted connections alone. */
function requireCarried(actions: readonly Action[], protocol: ListenerRecord["protocol"], balancer: LoadBalancerRecord, at: Place): void {
  const type = typeBeforeOthers(actions);
  if (protocol !== "HTTPS" && type !== undefined)
    throw new InvalidLoadBalancerActionException(because(`Actions of type '${type}' are supported only on HTTPS listeners`));
  const groups = targetGroupsOf(actions).map((arn) => findTargetGroup(arn, at));
  for (const group of groups) {
    checkReachable(group, protocol);
    requireCompatible(group, balancer, protocol);
  }
  if (balancer.type === "network") requireOneWay(groups, protocol);
}

/** Whether a listener is as one is asked for again: then it is answered as if it had just been made. */
function isSame(there: ListenerRecord, wanted: Pick<ListenerRecord, "protocol" | "defaultActions"> & ListenerTls): boolean {
  const asked = ({ protocol, defaultActions, sslPolicy, alpnPolicy, mutualAuthentication, certificates }: typeof wanted): string =>
    JSON.stringify([
      protocol,
      defaultActions,
      sslPolicy,
      alpnPolicy,
      mutualAuthentication,
      certificates.filter(({ isDefault }) => isDefault),
    ]);
  return asked(there) === asked(wanted);
}

function listenerKeys({ Protocol, SslPolicy }: { readonly Protocol?: string | undefined; readonly SslPolicy?: string | undefined }) {
  return { "elasticloadbalancing:ListenerProtocol": Protocol, "elasticloadbalancing:SecurityPolicy": SslPolicy };
}

/** The protocol that a listener of this load balancer is to have. */
function checkProtocol(
  { Protocol }: { readonly Protocol?: string | undefined },
  { type }: LoadBalancerRecord,
  protocol: string,
  { leadsPackets = false }: Pick<OperationContext, "leadsPackets">,
): ListenerRecord["protocol"] {
  checkEnum(Protocol, "protocol", ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"]);
  if (type === "network") return checkNetworkProtocol(protocol, leadsPackets);
  if (protocol !== "HTTP" && protocol !== "HTTPS") throw invalid(`Listener protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
  return protocol;
}

function describe(listener: ListenerRecord): Listener {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: describeActions(listener.defaultActions),
    ...describeTls(listener),
  };
}
