import type { QueryLog } from "../control/query-logs/query-log.ts";
import { isOnHost, resolveOnHost } from "../control/name-resolution/resolve.ts";
import { errorText } from "../domain/error-text.ts";
import { forwarder } from "../drivers/dns/forward.ts";
import { dnsServer } from "../drivers/dns/server.ts";
import type { Troubles } from "../drivers/filesystem/troubles.ts";
import type { Platform } from "../services/platform.ts";
import { chanceOf } from "./chance.ts";
import type { Start } from "./options.ts";

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * The name server for this host, where the operator wants one. An address that was asked for and cannot be had ends the start; the usual one is done without,
 * and told of.
 */
export async function openHostNames(
  { options, logger, opened }: Start,
  { state, ids }: Platform,
  troubles: Troubles,
  queries: QueryLog,
): Promise<Endpoint | undefined> {
  const { dns } = options;
  if (!dns) return undefined;
  const { address, port, asked } = dns;
  try {
    const server = await dnsServer({
      ...{ addresses: [address], port, forwarder: forwarder(), forwardsFor: isOnHost, answered: queries.note },
      resolve: resolveOnHost({ state, chance: chanceOf(ids) }, address),
      failed: (cause) => logger.warn("the name server for this host failed", { address, port, why: cause.message }),
    });
    opened.use(server);
    const bound = server.endpoints[0]?.port ?? port;
    logger.info("names are answered", { address, port: bound });
    return { address, port: bound };
  } catch (cause) {
    if (asked) throw cause;
    const why = errorText(cause);
    logger.warn("names are not answered on this host: another address is given with --dns", { address, port, why });
    troubles.tell("names on this host", `names are not answered on this host: ${why}`);
    return undefined;
  }
}
