const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n(?:[A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** What stands around the blocks of a PEM text. */
export function outsideBlocks(text: string): string {
  return text.replaceAll(BLOCK, "");
}

/** The blocks of a PEM text, each without what stands around it. Source: RFC 7468. */
export function pemBlocks(text: string): readonly { readonly label: string; readonly pem: string }[] {
  return [...text.matchAll(BLOCK)].map(([pem, label = ""]) => ({ label, pem: `${pem.replaceAll("\r", "")}\n` }));
}
