import type { ProxyClientSet } from "../../ports/traffic-proxy.ts";

/** Where HAProxy finds a set when it starts, and by what the runtime API names it afterwards. */
export function clientsFile(setId: string): string {
  return `clients-${setId}.lst`;
}

export function clientsText({ addresses }: ProxyClientSet): string {
  return addresses.map((address) => `${address}\n`).join("");
}

export function showClients({ id }: ProxyClientSet): string {
  return `show acl ${clientsFile(id)}`;
}

/** What `show acl` prints: an address in memory and one of a client a line. */
export function parseClients(printed: string): ReadonlySet<string> {
  return new Set([...printed.matchAll(/^0x[0-9a-f]+ (\S+)$/gm)].map(([, address = ""]) => address));
}

/** What turns a set as a worker has it into what it is to be: who leaves is turned away before anybody comes. */
export function planClientChanges({ id, addresses }: ProxyClientSet, known: ReadonlySet<string>): readonly string[] {
  const wanted = new Set(addresses);
  const name = clientsFile(id);
  return [
    ...[...known].filter((address) => !wanted.has(address)).map((address) => `del acl ${name} ${address}`),
    ...[...wanted].filter((address) => !known.has(address)).map((address) => `add acl ${name} ${address}`),
  ];
}
