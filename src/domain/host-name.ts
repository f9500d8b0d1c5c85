/** A name of a host in lower case, perhaps with `*` for its first label: what a certificate can be shown under. Texts of others hold anything. */
export function isCertificateName(text: string): boolean {
  return text.length <= 253 && /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(text);
}
