import { TCP, UDP } from "../../domain/network-world.ts";
import {
  BETWEEN_VPCS,
  ORIGINATOR_UNTRACKED,
  RESPONDER_UNTRACKED,
  type FilterAction,
  type FilterChain,
  type FilterContents,
  type FilterRule,
} from "../../domain/packet-filter.ts";
import { allSet } from "./interface-part.ts";
import {
  accept,
  back,
  between,
  direction,
  drop,
  goto,
  inBlock,
  inSet,
  jump,
  lookUp,
  mark,
  notInSet,
  protocol,
  rule,
  setOf,
  state,
  translated,
  unmarked,
} from "./rules.ts";

/** The name server in a VPC, and what AWS filters as little: link-local addresses, at which tasks find their credentials and the APIs. */
const NAMES = 53;
const LINK_LOCAL = "169.254.0.0/16";
/** In which the aliases of Service Connect have their addresses: the proxy behind them knows who may connect, and is in the task on AWS. */
const ALIASES = "240.0.0.0/4";
/** To everybody on a network. VPCs carry neither. */
const BROADCAST = "255.255.255.255/32";
const MULTICAST = "224.0.0.0/4";
const TO_ALL: readonly FilterRule[] = [BROADCAST, MULTICAST].map((block) => rule(drop, inBlock("destination", block)));

/** Established within a VPC, and tracked at both ends, of which neither has an ACL to look at: most packets. */
const QUICK: FilterRule = rule(
  accept,
  state("established"),
  unmarked(ORIGINATOR_UNTRACKED + RESPONDER_UNTRACKED + BETWEEN_VPCS),
  inSet("plain", "source"),
  inSet("plain", "destination"),
);

/** What the skeleton depends on. */
export interface Installed {
  /** Whether there are Network Load Balancers. */
  readonly hasBalancers: boolean;
}

const VERSION_6 = { kind: "version-6" } as const;

/** What is looked at: what comes or goes over the bridge of a VPC, or to or from an address in one that this host has. */
const FORWARDED: readonly FilterRule[] = [
  rule(accept, notInSet("bridges", "incoming"), notInSet("bridges", "outgoing")),
  rule(drop, VERSION_6),
];
const INCOMING: readonly FilterRule[] = [
  rule(accept, VERSION_6, notInSet("bridges", "incoming")),
  rule(drop, VERSION_6),
  rule(accept, notInSet("bridges", "incoming"), notInSet("held", "destination")),
];
const OUTGOING: readonly FilterRule[] = [
  rule(accept, VERSION_6, notInSet("bridges", "outgoing")),
  rule(drop, VERSION_6),
  rule(accept, notInSet("bridges", "outgoing"), notInSet("held", "source")),
];

/** Nobody is beyond a bridge but tasks. */
const STRANGERS = rule(drop, inSet("bridges", "incoming"), notInSet("tasks", "source"));
/** At these, others than this host are the machine's own, such as a cloud that tells it credentials. */
const OTHERS_LINK_LOCAL = rule(drop, inBlock("destination", LINK_LOCAL));
/** They are addresses of this host. */
const OTHERS_ALIASES = rule(drop, inBlock("destination", ALIASES));
/** There may be more at such an address of this host than what is there for tasks: all that listens at each of the host's addresses. */
const OWN_LINK_LOCAL = rule(jump("own-link-local"), inBlock("destination", LINK_LOCAL));

/** To this host, at whichever of its addresses. */
const THIS_HOST = rule(jump("this-host"), inSet("bridges", "incoming"));

/** Established and tracked at both ends: the first stage has looked whether the other end is still there. */
const SETTLED: FilterRule = rule(accept, state("established"), unmarked(ORIGINATOR_UNTRACKED + RESPONDER_UNTRACKED));

type Place = "forward" | "input" | "output";

/** Over no network: it is looked at when it comes in. */
const TO_ITSELF = rule(accept, { kind: "over", key: "outgoing", name: "lo" });

/**
 * What opens a connection between two interfaces of which neither has an ACL to look at: of all that is asked of it otherwise, their routes and groups are left. Whoever is on no such
 * way comes back, and is asked everything.
 */
const OPENING: Readonly<Record<1 | 2, Readonly<Record<Place, FilterRule>>>> = {
  1: {
    forward: rule(jump("from-plain-task"), state("new"), inSet("plain", "destination")),
    input: rule(jump("from-plain-task"), state("new"), inSet("plain-held", "destination")),
    output: rule(jump("from-plain-held"), state("new"), inSet("plain", "destination")),
  },
  2: {
    forward: rule(lookUp("destination", "ingress"), state("new"), inSet("tasks", "source")),
    input: rule(lookUp("destination", "ingress"), state("new"), inSet("tasks", "source")),
    output: rule(lookUp("destination", "ingress"), state("new"), inSet("held", "source")),
  },
};

/** What the kernel has led, on from the load balancer; before all else, since the load balancer's ACL is asked about each packet. */
const LED = rule(goto("from-balancer"), translated, inSet("balancers", "called"));

function stage(
  number: 1 | 2,
  { hasBalancers }: Installed,
  ways: Readonly<Record<Place, readonly FilterRule[]>>,
): readonly (readonly [string, FilterChain])[] {
  return (["forward", "input", "output"] as const).map((at) => [
    `on-${at}-${number}`,
    {
      hook: { at, stage: number },
      rules: [
        ...(hasBalancers && number === 1 && at === "forward" ? [LED] : []),
        number === 1 ? QUICK : SETTLED,
        ...(at === "output" ? [TO_ITSELF] : []),
        OPENING[number][at],
        ...ways[at],
        rule(goto(number === 1 ? "from-sender" : "to-receiver")),
      ],
    },
  ]);
}

/** What comes from a target is the load balancer's only once it is translated back. */
const ANSWERS = rule(accept, direction("reply"));

/**
 * What the kernel leads to targets of Network Load Balancers, before it does: the load balancer's ACLs and groups are asked about the client, and the client's about the load balancer. Everything that this host
 * gets or sends comes here, so that nothing is here where there is no such load balancer.
 */
const BALANCERS: readonly (readonly [string, FilterChain])[] = [
  ...([1, 2] as const).flatMap((number) =>
    (["arriving", "departing"] as const).map(
      (at) =>
        [
          `on-${at}-${number}`,
          { hook: { at, stage: number }, rules: [rule(goto(`to-balancer-${number}`), inSet("balancers", "destination"))] },
        ] as const,
    ),
  ),
  ["to-balancer-1", { rules: [ANSWERS, STRANGERS, QUICK, rule(goto("from-sender"))] }],
  // Load balancers track all.
  ["to-balancer-2", { rules: [ANSWERS, rule(accept, state("established")), rule(goto("to-receiver"))] }],
  [
    "from-balancer",
    {
      rules: [
        // Whether the load balancer's routes lead to the target, and back to the client.
        rule(lookUp("called", "ways")),
        rule(lookUp("called", "acls-out")),
        rule(lookUp("destination", "acls-in")),
        rule(lookUp("source", "acls-out"), direction("reply")),
        rule(lookUp("called", "acls-in"), direction("reply")),
        rule(accept, state("established")),
        rule(lookUp("called", "egress"), direction("original")),
        rule(accept),
      ],
    },
  ],
];

/** Where neither end of a connection tracks it, both are asked for each packet; who opened it sends what goes the original way. */
const asked = (end: "sender" | "receiver", then: FilterAction): readonly FilterRule[] =>
  (["original", "reply"] as const).map((way) =>
    rule(
      then,
      state("established"),
      direction(way),
      unmarked((way === "original") === (end === "sender") ? ORIGINATOR_UNTRACKED : RESPONDER_UNTRACKED),
    ),
  );

/**
 * What is the same for every world: which packets are looked at, and in which order. Those that come or go over the bridge of a VPC, and those of addresses in VPCs that this host
 * has (`held`); nothing else of the host is touched. An address of a VPC that is not in the sets is nobody's, and gets and sends nothing.
 */
export const skeletonOf = (installed: Installed): FilterContents => ({
  sets: new Map([
    // The bridges of VPCs.
    ["bridges", setOf("interfaces")],
    // The blocks of VPCs whose networks are here, and this host's own addresses in each: that of the router, and that of the resolver.
    ["blocks", setOf("addresses-and-protocols")],
    ["gateways", setOf("addresses")],
    // All interfaces; those of tasks; those at which this host answers, and the same twice: what this host's own programs send there comes from there.
    ["interfaces", setOf("addresses")],
    ["tasks", setOf("addresses-of-all")],
    ["held", setOf("addresses-of-all")],
    ["self", setOf("address-pairs")],
    // Those of Network Load Balancers.
    ["balancers", setOf("addresses")],
    // Whose subnets have no ACL to look at; those of them that this host has.
    ["plain", setOf("addresses-of-all")],
    ["plain-held", setOf("addresses")],
    // Where the credentials of tasks and the APIs are, at this host's own link-local address.
    ["doors", setOf("protocols-and-ports")],
    // Name servers of this host, which tasks ask where that of their VPC does not know: together they are the resolver that AWS does not filter.
    ["resolvers", setOf("addresses")],
    // The ports of tasks to which the proxy of Service Connect leads.
    ["connected", setOf("addresses-protocols-and-ports")],
    // Whose groups let all of TCP, or of UDP, through for everybody.
    ...(["in", "out"] as const).flatMap((way) => [TCP, UDP].map((one) => [allSet(way, one), setOf("addresses")] as const)),
    ["ways", { kind: "verdicts", elements: new Map() }],
    ["acls-out", { kind: "verdicts", elements: new Map() }],
    ["acls-in", { kind: "verdicts", elements: new Map() }],
    ["egress", { kind: "verdicts", elements: new Map() }],
    // The same of those without such an ACL alone: who may send everything to everybody in its VPC, and the others.
    ["open-tasks", { kind: "verdicts", elements: new Map() }],
    ["open-held", { kind: "verdicts", elements: new Map() }],
    ["plain-tasks-egress", { kind: "verdicts", elements: new Map() }],
    ["plain-held-egress", { kind: "verdicts", elements: new Map() }],
    ["ingress", { kind: "verdicts", elements: new Map() }],
  ]),
  chains: new Map([
    ...stage(1, installed, {
      forward: [...FORWARDED, STRANGERS, ...TO_ALL, OTHERS_LINK_LOCAL, OTHERS_ALIASES],
      input: [...INCOMING, STRANGERS, ...TO_ALL, OWN_LINK_LOCAL, THIS_HOST],
      output: [...OUTGOING, ...TO_ALL],
    }),
    ...(installed.hasBalancers ? BALANCERS : []),
    ...stage(2, installed, { forward: FORWARDED, input: INCOMING, output: OUTGOING }),
    [
      // Its other addresses are no part of the internet, whatever listens at them: not the routers and the load balancers of another installation either.
      "this-host",
      {
        rules: [
          ...["held", "gateways"].map((own) => rule(back, inSet(own, "destination"))),
          ...[LINK_LOCAL, ALIASES].map((block) => rule(back, inBlock("destination", block))),
          rule(back, inSet("resolvers", "destination"), protocol(TCP, UDP), between("port", NAMES, NAMES)),
          ...(["established", "related"] as const).map((one) => rule(back, state(one))),
          rule(drop),
        ],
      },
    ],
    ["own-link-local", { rules: [rule(back, inSet("doors", "protocol", "port")), rule(back, state("related")), rule(drop)] }],
    [
      "unfiltered",
      {
        rules: [
          rule(accept, inBlock("destination", LINK_LOCAL)),
          rule(accept, inBlock("source", LINK_LOCAL)),
          rule(accept, inBlock("destination", ALIASES)),
          rule(accept, inSet("gateways", "source"), inSet("connected", "destination", "protocol", "port")),
          rule(accept, inSet("gateways", "destination"), protocol(TCP, UDP), between("port", NAMES, NAMES)),
          rule(accept, inSet("resolvers", "destination"), protocol(TCP, UDP), between("port", NAMES, NAMES)),
          rule(accept, inSet("gateways", "source"), protocol(TCP, UDP), between("source-port", NAMES, NAMES), state("established")),
          rule(accept, state("related")),
        ],
      },
    ],
    ...(["task", "held"] as const).map((who) => {
      const maps = who === "task" ? (["open-tasks", "plain-tasks-egress"] as const) : (["open-held", "plain-held-egress"] as const);
      const [open, egress] = maps;
      return [`from-plain-${who}`, { rules: [open, "ways", egress].map((map) => rule(lookUp("source", map))) }] as const;
    }),
    [
      "from-sender",
      {
        rules: [
          rule(goto("from-itself"), inSet("self", "source", "destination")),
          // Without connections, also of what is related to one: routes and ACLs know none.
          rule(jump("way")),
          rule(jump("unfiltered")),
          ...asked("sender", goto("to-whom-it-knows")),
          rule(lookUp("source", "egress")),
          rule(accept),
        ],
      },
    ],
    [
      "way",
      {
        rules: [
          rule(back, inBlock("destination", LINK_LOCAL)),
          rule(back, inBlock("destination", ALIASES)),
          rule(back, inSet("resolvers", "destination"), protocol(TCP, UDP), between("port", NAMES, NAMES)),
          // No ACL is asked about the VPC's resolver, as on AWS.
          rule(back, protocol(TCP, UDP), between("port", NAMES, NAMES), inSet("gateways", "destination")),
          rule(back, protocol(TCP, UDP), between("source-port", NAMES, NAMES), state("established"), inSet("gateways", "source")),
          rule(lookUp("source", "ways")),
          // What answers from outside comes back the way that was taken there.
          rule(lookUp("destination", "ways"), direction("reply"), notInSet("interfaces", "source")),
          rule(lookUp("source", "acls-out")),
          rule(lookUp("destination", "acls-in")),
        ],
      },
    ],
    [
      "to-receiver",
      {
        rules: [
          rule(jump("unfiltered")),
          rule(goto("to-itself"), inSet("self", "source", "destination")),
          ...asked("receiver", goto("to-whom-it-knows")),
          rule(lookUp("destination", "ingress")),
          rule(goto("to-others")),
        ],
      },
    ],
    ["to-whom-it-knows", { rules: [rule(accept, inSet("interfaces", "destination")), rule(goto("to-others"))] }],
    [
      "to-others",
      {
        rules: [
          rule(accept, inSet("gateways", "destination"), state("established")),
          rule(drop, inSet("blocks", "destination", "protocol")),
          // What goes out goes over no bridge of ours: this is to everybody on it, or to a wrong one.
          rule(drop, inSet("bridges", "outgoing")),
          rule(accept),
        ],
      },
    ],
    [
      // This host's own programs to an address that this host has, and what answers them.
      "from-itself",
      {
        rules: [
          rule(lookUp("destination", "acls-in"), direction("original")),
          rule(lookUp("source", "acls-out"), direction("reply")),
          rule(accept, state("established"), unmarked(RESPONDER_UNTRACKED)),
          rule(lookUp("source", "egress"), direction("reply")),
          rule(accept),
        ],
      },
    ],
    [
      "to-itself",
      {
        rules: [
          rule(accept, state("established"), unmarked(RESPONDER_UNTRACKED)),
          rule(lookUp("destination", "ingress"), direction("original")),
          rule(goto("to-whom-it-knows")),
        ],
      },
    ],
    // What a group lets through for everybody is not tracked where all that answers may go to everybody.
    [
      "opened-out",
      { rules: [...[TCP, UDP].map((one) => rule(goto("untracked-out"), protocol(one), inSet(allSet("in", one), "source"))), rule(accept)] },
    ],
    [
      "opened-in",
      {
        rules: [
          ...[TCP, UDP].map((one) => rule(goto("untracked-in"), protocol(one), inSet(allSet("out", one), "destination"))),
          rule(accept),
        ],
      },
    ],
    ["untracked-out", { rules: [rule(mark(ORIGINATOR_UNTRACKED), direction("original"), state("new")), rule(accept)] }],
    ["untracked-in", { rules: [rule(mark(RESPONDER_UNTRACKED), direction("original"), state("new")), rule(accept)] }],
  ]),
});
