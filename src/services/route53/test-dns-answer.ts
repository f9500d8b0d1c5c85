import { answerFrom } from "../../decide/dns/answer-from.ts";
import { readName } from "../../domain/dns/name.ts";
import { writeValue } from "../../domain/dns/value.ts";
import { zonesSeenFrom } from "../../state/dns-view.ts";
import { invalidInput, onAny, operation, requireZone } from "./route53-operation.ts";

export const testDNSAnswer = operation("TestDNSAnswer", {
  authorize: onAny("TestDNSAnswer"),
  run({ HostedZoneId, RecordName = "", RecordType = "A", ResolverIP, EDNS0ClientSubnetIP, EDNS0ClientSubnetMask }, context) {
    const zone = requireZone(context, HostedZoneId);
    if (zone.privateZone) throw invalidInput("TestDNSAnswer supports public hosted zones only.");
    if (EDNS0ClientSubnetMask !== undefined && EDNS0ClientSubnetIP === undefined)
      throw invalidInput("You must specify EDNS0ClientSubnetIP if you specify EDNS0ClientSubnetMask.");
    if (ResolverIP !== undefined || EDNS0ClientSubnetIP !== undefined)
      throw invalidInput("Airfield knows nobody's place by an address: ResolverIP and EDNS0ClientSubnetIP are refused.");
    const name = readName(RecordName);
    if (typeof name === "object") throw invalidInput(`FATAL problem: ${name.problem} encountered with '${RecordName}'`);
    const { state, region, ids } = context;
    const standpoint = { region, sees: ({ id }: { readonly id: string }) => id === zone.id, addressesOf: () => [LOOPBACK] };
    const chance = Number.parseInt(ids.hex(8), 16) / 2 ** 32;
    const found = answerFrom(zonesSeenFrom(state, standpoint, chance), { name, type: RecordType });
    return {
      Nameserver: zone.nameServers[0]?.slice(0, -1) ?? "",
      RecordName: name,
      RecordType,
      RecordData:
        found.kind === "reply" ? found.answers.filter(({ data }) => data.type === RecordType).map(({ data }) => writeValue(data)) : [],
      ResponseCode: found.kind === "reply" ? found.code : "REFUSED",
      Protocol: "UDP",
    };
  },
});

/** Where this host finds its load balancers. */
const LOOPBACK = "127.0.0.1";
