import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { turnAway, type Admission, type TurnedAway } from "../../decide/routing/admit-target.ts";
import { byId, innerId } from "../../decide/routing/names-in-proxy.ts";
import { serverOf } from "../../decide/routing/plan-routing.ts";
import { backendsOf } from "../../decide/routing/plan-zones.ts";
import { targetPlaces, type TargetSurroundings } from "../../decide/routing/target-place.ts";
import type {
  GatewayView,
  ListenerView,
  OwnPlace,
  RoutingView,
  StreamView,
  TargetGroupView,
  TargetView,
} from "../../decide/routing/view.ts";
import { wholeBackendId, zonalBackendId } from "../../domain/zonal-backend.ts";
import type { ProxyBackend, ProxyServer } from "../../ports/traffic-proxy.ts";
import { loadBalancersOfTargetGroup } from "../../state/elb-targets.ts";
import { separateZones } from "../../state/elb-zones.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  targetKey,
  targets,
  type ListenerRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "../../state/elb.ts";
import { keepsClients } from "../../state/keeps-clients.ts";
import { localInstanceId } from "../../state/local-host.ts";
import type { WholeState } from "../../state/state.ts";
import type { LoginOf } from "../logins/gates.ts";
import { groupSettings } from "./group-settings.ts";
import { hostClients, ownPlace, sourcesFor, type HeldAddresses, type Sources } from "./own-places.ts";
import { waysOf, type Ways } from "./balancer-targets.ts";
import { tokensOf } from "./token-view.ts";
import { actionView, ruleView } from "./rule-view.ts";
import { streamView } from "./stream-view.ts";
import { answersOf, handlingOf, tlsHeadersOf } from "./request-handling.ts";
import { publishedPorts } from "./published-ports.ts";
import { tlsPart, TlsViews, type Material } from "./tls-view.ts";

/** Where load balancers listen, and what is around them. */
export interface Whereabouts {
  readonly addresses: readonly string[];
  readonly gateways: readonly GatewayView[];
  /** Addresses of load balancers that this host has, by VPC. None where absent. */
  readonly held?: readonly HeldAddresses[];
  readonly surroundings: TargetSurroundings;
  /** Whether a listener's load balancer lets nobody of this host in that comes over loopback. All do where absent. */
  readonly isShutToHost?: (listener: ListenerRecord) => boolean;
}

export interface Routing {
  /** What `planRouting` looks at; listeners that have no port yet are left out. */
  readonly view: RoutingView;
  /** What the proxy is to have of a group, its zones' parts among it; the same objects as in the routing before where nothing of it changed. */
  readonly backendsOf: (group: TargetGroupView) => readonly ProxyBackend[];
  /** The targets of a group that may get something. */
  readonly targetsOf: (targetGroupArn: string) => readonly MadeTarget[];
  /** The servers of a backend, each with the target that it stands for, by the servers' ids; the same objects as in the routing before where nothing of them changed. */
  readonly serversOf: (backendId: string) => readonly MadeTarget[];
  /** Why a target gets nothing. One that drains is never turned away unless it is a listener that is gone: it gets nothing new and finishes what it has. */
  readonly turnedAway: (target: TargetRecord) => TurnedAway | undefined;
  /** The targets that are let in or turned away other than in the view before, by their keys. */
  readonly changed: readonly string[];
}

/** What a target group contributes. */
interface GroupPart {
  readonly record: TargetGroupRecord;
  readonly view: TargetGroupView;
  readonly backends: readonly ProxyBackend[];
  readonly turnedAway: ReadonlyMap<string, TurnedAway>;
  readonly sources: Sources;
  readonly zones: Zones;
  readonly ways: Ways;
  /** By the ids of their servers. */
  readonly targets: readonly MadeTarget[];
}

/** A target that may get something. */
export interface MadeTarget {
  readonly key: string;
  /** What it was made of: records never change, they are replaced. */
  readonly record: TargetRecord;
  readonly view: TargetView;
  readonly server: ProxyServer;
}

/**
 * Makes routing views of the records, each from the one before: only targets that were noted are looked at again, and all of a group where the group itself, or
 * where it may lead to, is another. A view costs a look at every listener and every group, at the noted targets, a place in a list for each target of their
 * groups and, where a noted one is a port of this host, a look at every task that runs.
 */
export class RoutingViews {
  readonly #state: WholeState;
  /** By the ARNs of the groups. */
  #parts: ReadonlyMap<string, GroupPart> = new Map();
  /** The keys of targets that changed, by their groups; of `#admitAnew`, any target may be let in other than before. */
  readonly #noted = new Map<string, Set<string>>();
  readonly #admitAnew = new Set<string>();
  #around: string | undefined;

  readonly #tls: TlsViews;

  readonly #loginOf: LoginOf;

  /**
   * @param material opens the keys of certificates; there are none without
   * @param loginOf says who gets to actions; without, nobody gets to those that ask for a login
   */
  constructor(state: WholeState, material: Material = () => undefined, loginOf: LoginOf = nobodyLogsIn) {
    this.#state = state;
    this.#loginOf = loginOf;
    this.#tls = new TlsViews(state, material);
  }

  /** This target of the group changed. */
  note(targetGroupArn: string, key: string): void {
    const known = this.#noted.get(targetGroupArn);
    if (known) known.add(key);
    else this.#noted.set(targetGroupArn, new Set([key]));
  }

  /** Something changed by which targets of any group are let in. */
  noteAll(): void {
    for (const arn of this.#parts.keys()) this.#admitAnew.add(arn);
  }

  make({ addresses, gateways, held = [], surroundings, isShutToHost = () => false }: Whereabouts): Routing {
    const state = this.#state;
    const heldByVpc = new Map(held.map((one) => [one.vpcId, one]));
    const heldIn = (vpcId: string): HeldAddresses | undefined => heldByVpc.get(vpcId);
    const fromHost = hostClients(surroundings);
    const ownPlaceOf: OwnPlaceOf = (listener, vpcId) => ownPlace(state, listener, heldIn(vpcId), fromHost);
    const around = JSON.stringify(surroundings);
    if (around !== this.#around) this.noteAll();
    this.#around = around;
    const placeOf = targetPlaces(surroundings);
    const publishedIn = publishedPorts(state);
    const parts = new Map<string, GroupPart>();
    const changed: string[] = [];
    for (const group of state.table(targetGroups).values()) {
      const before = this.#parts.get(group.arn);
      const admits = before?.record === group && !this.#admitAnew.has(group.arn);
      const sources = sourcesFor(state, group, heldIn);
      const isSameSource = before?.sources.key === sources.key;
      const zones = zonesOf(state, group);
      const isSameZones = before?.zones.key === zones.key;
      const ways = waysOf(state, group);
      const isSameWays = before?.ways.key === ways.key;
      const isSame = before !== undefined && admits && isSameSource && isSameZones && isSameWays;
      const noted = this.#noted.get(group.arn);
      const isKnown = isSame && !noted;
      const published = (address: string, port: number): boolean => publishedIn(group).has(`${address} ${port}`);
      const admission = { placeOf, published, sources, zones, ways };
      const part = isKnown
        ? before
        : isSame && noted
          ? changedPart(state, group, admission, before, noted)
          : groupPart(
              state,
              group,
              admission,
              isSameSource && isSameWays ? before.targets : [],
              admits && isSameZones && isSameWays ? before.targets : [],
            );
      parts.set(group.arn, part);
      if (!isKnown) changed.push(...admittedOtherwise(before?.turnedAway ?? NONE, part.turnedAway));
    }
    this.#parts = parts;
    this.#noted.clear();
    this.#admitAnew.clear();
    const byView = new Map([...parts.values()].map((part) => [part.view, part]));
    const byBackend = new Map([...parts.values()].flatMap((part) => part.backends.map(({ id }) => [id, part] as const)));
    const asTargets = new Set([...parts.values()].flatMap(({ ways }) => ways.names));
    const listening = [...state.table(listeners).values()].flatMap((listener) =>
      listenerView(state, listener, ownPlaceOf, { tls: this.#tls, loginOf: this.#loginOf }).map((one) => ({
        ...one,
        ...(asTargets.has(innerId(listener.loadBalancerArn, listener.port)) && { inner: listener.port }),
        ...(isShutToHost(listener) && { isShutToHost: true as const }),
      })),
    );
    const streams = [...state.table(listeners).values()].flatMap((listener) =>
      listenerStream(state, listener, ownPlaceOf, this.#tls).map((one) => ({
        ...one,
        ...(isShutToHost(listener) && { isShutToHost: true as const }),
      })),
    );
    return {
      view: { addresses, gateways, listeners: listening, streams, groups: [...byView.keys()] },
      backendsOf: (group) => byView.get(group)?.backends ?? backendsOf(group, group.targets.map(serverOf)),
      targetsOf: (arn) => parts.get(arn)?.targets ?? [],
      serversOf: (id) => serversIn(byBackend.get(id), id),
      turnedAway: (target) => parts.get(target.targetGroupArn)?.turnedAway.get(keyOf(target)),
      changed,
    };
  }
}

const NONE: ReadonlyMap<string, TurnedAway> = new Map();

function admittedOtherwise(before: GroupPart["turnedAway"], after: GroupPart["turnedAway"]): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
}

type GroupAdmission = Omit<Admission, "zones"> & Pick<GroupPart, "sources" | "zones" | "ways">;

/** @param before what was made of the targets of this group before @param admits those of them that are let in without another look */
function groupPart(
  state: WholeState,
  group: TargetGroupRecord,
  admission: GroupAdmission,
  before: readonly MadeTarget[],
  admits: readonly MadeTarget[],
): GroupPart {
  const turnedAway = new Map<string, TurnedAway>();
  const known = new Map(before.map((made) => [made.record, made]));
  const admitted = new Set(admits.map(({ record }) => record));
  const made: MadeTarget[] = [];
  for (const target of state.table(targets).by("targetGroup", group.arn)) {
    const why = whyNot(target, group, admission, admitted.has(target));
    if (why) turnedAway.set(keyOf(target), why);
    else made.push(known.get(target) ?? madeOf(target, admission));
  }
  return partOf(group, admission, turnedAway, made.sort(byServer));
}

/** The part with these targets as they are now, and all others as they were. Looks at these records alone; the others keep their places in the lists. */
function changedPart(
  state: WholeState,
  group: TargetGroupRecord,
  admission: GroupAdmission,
  before: GroupPart,
  keys: ReadonlySet<string>,
): GroupPart {
  const turnedAway = new Map(before.turnedAway);
  const fresh: MadeTarget[] = [];
  for (const key of keys) {
    turnedAway.delete(key);
    const target = state.table(targets).get(key);
    if (!target) continue;
    const why = whyNot(target, group, admission, false);
    if (why) turnedAway.set(key, why);
    else fresh.push(madeOf(target, admission));
  }
  const others = before.targets.filter(({ key }) => !keys.has(key));
  return partOf(group, admission, turnedAway, merged(others, fresh.sort(byServer)));
}

/** @param made by the ids of the servers */
function partOf(
  group: TargetGroupRecord,
  { sources, zones, ways }: GroupAdmission,
  turnedAway: GroupPart["turnedAway"],
  made: readonly MadeTarget[],
): GroupPart {
  const view: TargetGroupView = {
    arn: group.arn,
    ...(zones.separate && { zones: zones.separate }),
    ...groupSettings(group),
    targets: made.map((one) => one.view),
  };
  const backends = backendsOf(
    view,
    made.map(({ server }) => server),
  );
  return { record: group, view, backends, turnedAway, sources, zones, ways, targets: made };
}

function byServer(a: MadeTarget, b: MadeTarget): number {
  return byId(a.server, b.server);
}

/** Two sorted lists as one. */
function merged(many: readonly MadeTarget[], few: readonly MadeTarget[]): readonly MadeTarget[] {
  const all: MadeTarget[] = [];
  let at = 0;
  for (const one of few) {
    for (let next = many[at]; next && byServer(next, one) <= 0; next = many[at]) {
      all.push(next);
      at += 1;
    }
    all.push(one);
  }
  for (; at < many.length; at += 1) all.push(many[at] as MadeTarget);
  return all;
}

function serversIn(part: GroupPart | undefined, id: string): readonly MadeTarget[] {
  if (!part || wholeBackendId(id) === id) return part?.targets ?? [];
  const isIn = ({ zone }: TargetView): boolean => zone === undefined || id === zonalBackendId(wholeBackendId(id), zone);
  return part.targets.filter(({ view }) => isIn(view));
}

/** @param isAdmitted whether it is let in without another look */
function whyNot(target: TargetRecord, group: TargetGroupRecord, admission: GroupAdmission, isAdmitted: boolean): TurnedAway | undefined {
  const isIn = target.drainingUntil !== undefined || isAdmitted;
  return isIn && group.targetType !== "alb"
    ? undefined
    : turnAwayFrom(target, group, { ...admission, zones: admission.zones.names }, admission.ways);
}

function turnAwayFrom(target: TargetRecord, group: TargetGroupRecord, admission: Admission, ways: Ways): TurnedAway | undefined {
  if (group.targetType === "alb") return ways.of(target) === undefined ? "port" : undefined;
  return turnAway(claimOf(target, group), admission);
}

function keyOf({ targetGroupArn, id, port }: TargetRecord): string {
  return targetKey(targetGroupArn, id, port);
}

function claimOf(
  { id, port, address, addressPort, availabilityZone }: TargetRecord,
  group: TargetGroupRecord,
): Parameters<typeof turnAway>[0] {
  const { targetType, vpcId, healthCheck } = group;
  return {
    id,
    port,
    address,
    addressPort,
    vpcId,
    instanceId: targetType === "instance" ? localInstanceId(group) : undefined,
    availabilityZone,
    checkPort: healthCheck.port === "traffic-port" ? undefined : Number(healthCheck.port),
  };
}

type OwnPlaceOf = (listener: ListenerRecord, vpcId: string) => OwnPlace | undefined;

/** Where a group's load balancers are. */
interface Zones {
  /** Equal where the zones are. */
  readonly key: string;
  readonly names: ReadonlySet<string> | undefined;
  /** Those that are to have the group to themselves, each its part. */
  readonly separate: readonly string[] | undefined;
}

function zonesOf(state: WholeState, group: TargetGroupRecord): Zones {
  const names = loadBalancersOfTargetGroup(state, group.arn).flatMap((balancer) =>
    (state.table(loadBalancers).get(balancer)?.availabilityZones ?? []).map(({ zoneName }) => zoneName),
  );
  const separate = separateZones(state, group);
  return { key: `${names.toSorted().join()} ${separate?.join() ?? ""}`, names: names.length === 0 ? undefined : new Set(names), separate };
}

function listenerStream(state: WholeState, listener: ListenerRecord, ownPlaceOf: OwnPlaceOf, tls: TlsViews): StreamView[] {
  const balancer = state.table(loadBalancers).get(listener.loadBalancerArn);
  const action = listener.defaultActions.at(-1);
  if (balancer?.type !== "network" || !action) return [];
  const encrypted = tlsPart(tls, listener, balancer);
  if (!encrypted) return [];
  const keeps = (arn: string): boolean => {
    const group = state.table(targetGroups).get(arn);
    return group !== undefined && keepsClients(group);
  };
  return streamView(listener, action, balancer, ownPlaceOf(listener, balancer.vpcId), keeps).map((stream) => ({ ...stream, ...encrypted }));
}

function nobodyLogsIn(_: unknown, actions: readonly Action[]): undefined {
  if (actions.some(({ Type }) => Type === "authenticate-oidc")) throw new Error("nobody can log in here, but a listener asks for it");
}

function listenerView(
  state: WholeState,
  listener: ListenerRecord,
  ownPlaceOf: OwnPlaceOf,
  { tls, loginOf }: { readonly tls: TlsViews; readonly loginOf: LoginOf },
): ListenerView[] {
  const balancer = state.table(loadBalancers).get(listener.loadBalancerArn);
  const action = listener.defaultActions.at(-1);
  if (!balancer || balancer.type === "network" || !action || listener.boundPort === undefined || listener.turn === undefined) return [];
  const { arn, dnsName, vpcId, attributes } = balancer;
  const encrypted = tlsPart(tls, listener, balancer);
  if (!encrypted) return [];
  const own = ownPlaceOf(listener, vpcId);
  const login = loginOf(listener, listener.defaultActions);
  const tokens = tokensOf(state, listener.account, listener.defaultActions);
  const handling = handlingOf(attributes);
  const logs = attributes["access_logs.s3.enabled"] === "true";
  const logsConnections = attributes["connection_logs.s3.enabled"] === "true";
  const answers = answersOf(listener.attributes);
  const tlsHeaders = tlsHeadersOf(attributes, listener.attributes);
  const idleTimeout = Number(attributes["idle_timeout.timeout_seconds"] ?? 60);
  return [
    {
      port: listener.boundPort,
      ...(listener.port !== listener.boundPort && { asked: listener.port }),
      ...(own && { own }),
      turn: listener.turn,
      balancer: {
        ...{ arn, dnsName, vpcId, idleTimeout },
        ...(handling && { handling }),
        ...(logs && { logs }),
        ...(logsConnections && { logsConnections }),
      },
      ...(answers && { answers }),
      ...(tlsHeaders && { tlsHeaders }),
      rules: state
        .table(rules)
        .by("listener", listener.arn)
        .toSorted((a, b) => a.priority - b.priority)
        .flatMap((rule) => ruleView(rule, loginOf(listener, rule.actions), tokensOf(state, rule.account, rule.actions))),
      action: actionView(action),
      ...(login && { login }),
      ...(tokens && { tokens }),
      ...encrypted,
    },
  ];
}

function madeOf(target: TargetRecord, { sources, ways }: Pick<GroupPart, "sources" | "ways">): MadeTarget {
  const { id, port, address, addressPort, availabilityZone: zone = "all", drainingUntil, health } = target;
  const source = sources.of(target);
  const listener = ways.of(target);
  const draining = drainingUntil !== undefined;
  const view: TargetView = {
    id,
    port,
    address,
    addressPort,
    ...(zone !== "all" && { zone }),
    ...(source !== undefined && { source }),
    ...(listener !== undefined && { listener }),
    draining,
    health: draining || health.state === "healthy" ? "healthy" : health.state === "unhealthy" ? "unhealthy" : "initial",
  };
  return { key: keyOf(target), record: target, view, server: serverOf(view) };
}
