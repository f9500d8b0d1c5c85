/**
 * One word of an HAProxy configuration line that means exactly `text`: every byte outside a safe alphabet becomes `\xNN`, so that
 * no quote, comment, space or variable in it is ever interpreted (configuration manual, section 2.2). But HAProxy's words end at a zero byte, and one
 * line that it cannot read keeps all load balancers of all accounts from every change: zero bytes are left out.
 */
export function quote(text: string): string {
  if (isEmptyWord(text)) return '""';
  let word = "";
  for (const byte of new TextEncoder().encode(text)) {
    if (byte === 0) continue;
    const character = String.fromCharCode(byte);
    word += /[A-Za-z0-9/._:~,=+@-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return word;
}

/** Whether nothing of a text is left in its word. */
export function isEmptyWord(text: string): boolean {
  return /^\0*$/.test(text);
}

/** Like `quote`, for a place where HAProxy reads a log format: `%` stands for itself. */
export function quoteFormat(text: string): string {
  return quote(text.replaceAll("%", "%%"));
}

/** A name as the argument of a fetch: quotes and backslashes mean something there, too. */
export function quoteArgument(name: string): string {
  return quote(name.replace(/[\\'"]/g, (sign) => `\\${sign}`));
}
