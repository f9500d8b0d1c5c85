/**
 * The URL of an issuer's document where it may be asked: over TLS, or unprotected within this machine. `undefined` for any other text.
 * Source: OpenID Connect Discovery 1.0, section 4, which demands TLS; loopback stands in for it where somebody tries things out.
 *
 * @param base the document that leads there. Where that is unprotected it leads on within its own origin, or over TLS: whoever makes a provider serves
 * one, and would else have this machine ask whatever listens on loopback for whatever they like.
 */
export function allowedUrl(text: string, base?: URL): URL | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base);
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.protocol === "https:") return url;
  const own = base === undefined || base.origin === url.origin;
  return url.protocol === "http:" && isLoopback(url.hostname) && own ? url : undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
