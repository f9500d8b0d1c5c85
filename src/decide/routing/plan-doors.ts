import { parseArn } from "../../domain/arn.ts";
import { certificateNames } from "./plan-tls.ts";
import type { ListenerView } from "./view.ts";

/**
 * By listener, the names of its certificates by which it is chosen on a port that several share. Anybody can sign and import a certificate for any name:
 * such a name leads away from no other account that has it, or a wildcard over it, in a certificate that its zone has proved, or came first. A name that
 * is proved is its owner's whoever came first, and leads away from a wildcard. Listeners of one account take nothing from each other but by turn.
 * Takes time proportional to the names.
 * @param encrypted who took the port first, first
 */
export function certificateDoors(encrypted: readonly ListenerView[]): ReadonlyMap<ListenerView, ReadonlySet<string>> {
  const owners = new Map<string, string>();
  const doors = new Map(encrypted.map((listener) => [listener, new Set<string>()]));
  for (const isProven of [true, false])
    for (const [listener, names] of doors) {
      const account = parseArn(listener.balancer.arn)?.account ?? "";
      for (const name of listener.tls ? certificateNames(listener.tls, (one) => (one.isProven === true) === isProven) : []) {
        const owner = owners.get(name) ?? (isProven ? undefined : owners.get(wildcardOver(name)));
        if (owner !== undefined && owner !== account) continue;
        owners.set(name, account);
        names.add(name);
      }
    }
  return doors;
}

/** `*.shop.test` for `www.shop.test`, and for itself. */
function wildcardOver(name: string): string {
  return name.replace(/^[^.]*/, "*");
}
