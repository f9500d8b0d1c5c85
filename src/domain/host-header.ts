/** What a `Host` header names. */
export interface NamedHost {
  /** In lower case, without the dot at the end that names may have: a name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly name: string;
  /** As a URL has them, in lower case: `localhost:4566`, `[::1]`. */
  readonly authority: string;
}

const HOST = /^(?:\[(?<address>[0-9a-f:.]{2,45})\]|(?<name>[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?)\.?)(?<port>:\d{1,5})?$/i;

/**
 * Reads a `Host` header; `undefined` for what is none. Stricter than the grammar, which allows user names' neighbours, percent signs and more
 * that no client of ours sends.
 * Source: RFC 9110, section 7.2; RFC 3986, section 3.2.2.
 */
export function parseHostHeader(text: string): NamedHost | undefined {
  const { address, name, port = "" } = HOST.exec(text)?.groups ?? {};
  const found = (address ?? name)?.toLowerCase();
  if (found === undefined) return undefined;
  return { name: found, authority: `${address === undefined ? found : `[${found}]`}${port}` };
}
