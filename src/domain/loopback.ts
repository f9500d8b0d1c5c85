/**
 * True for a host, without its port, that can only mean the machine itself: `localhost` and names below it, 127.0.0.0/8, `::1`, and the unspecified
 * addresses, which connect to it too. What a name server makes of any other name is not looked at.
 */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (/^(?:.+\.)?localhost\.?$/.test(name)) return true;
  const mapped = /^(?:0*:)*:?ffff:(?<v4>[\d.]+|[\da-f]{1,4}:[\da-f]{1,4})$/.exec(name)?.groups?.["v4"];
  if (mapped !== undefined) return mapped.includes(".") ? isLoopbackHost(mapped) : /^(?:7f[\da-f]{2}|0):/.test(mapped);
  if (name.includes(":")) return /^[0:]*:0*1?$/.test(name);
  // As inet_aton reads it: one to four numbers, also hexadecimal and octal ones; the last fills what is left.
  if (!/^(?:0x[\da-f]+|\d+)(?:\.(?:0x[\da-f]+|\d+)){0,3}$/.test(name)) return false;
  const parts = name.split(".").map((part) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part)));
  const first = parts.length > 1 ? (parts[0] ?? 0) : Math.floor((parts[0] ?? 0) / 2 ** 24);
  return first === 127 || parts.every((part) => part === 0);
}
