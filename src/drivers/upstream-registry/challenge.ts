/** How a registry wants to be shown who asks. */
export type Challenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly service?: string; readonly scope?: string };

/**
 * Reads a `WWW-Authenticate` header; of several challenges, the first that is known. Source: RFC 9110, section 11.6.1; the parameters of
 * Bearer are of distribution's token specification.
 */
export function readChallenge(header: string | undefined): Challenge | undefined {
  for (const [, scheme = "", rest = ""] of (header ?? "").matchAll(CHALLENGE)) {
    if (scheme.toLowerCase() === "basic") return { scheme: "basic" };
    if (scheme.toLowerCase() !== "bearer") continue;
    const parameters = new Map<string, string>();
    for (const [, name = "", quoted, plain = ""] of rest.matchAll(PARAMETER))
      parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"));
    const [realm, service, scope] = ["realm", "service", "scope"].map((name) => parameters.get(name));
    if (realm !== undefined && URL.canParse(realm))
      return { scheme: "bearer", realm, ...(service !== undefined && { service }), ...(scope !== undefined && { scope }) };
  }
  return undefined;
}

const CHALLENGE = /([A-Za-z][A-Za-z0-9-]*)((?:\s+|\s*,\s*)(?:[A-Za-z_]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",]+)(?:\s*,\s*)?)*)?/g;
const PARAMETER = /([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g;
