/**
 * The issuer under the name that its provider's ARN and its condition keys have: without `https://`, and otherwise as it was given, since
 * tokens name it to the letter: with a slash at its end it is another issuer than without. A plain `http://` issuer keeps its
 * scheme; it is taken on loopback only, so that a whole sign-in can be tried where no issuer of the outside can be reached.
 * `undefined` where the URL cannot be an issuer's. Source: IAM API, "CreateOpenIDConnectProvider": `https`, paths allowed, no query.
 */
export function providerName(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || parsed.username !== "" || parsed.password !== "" || /[?#\s]/.test(url)) return undefined;
  if (parsed.protocol === "https:" && url.startsWith("https://")) return url.slice("https://".length);
  const onLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname);
  return parsed.protocol === "http:" && onLoopback && url.startsWith("http://") ? url : undefined;
}
