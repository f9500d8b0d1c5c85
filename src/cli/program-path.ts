/** Programs are looked for where root's are, too: Debian keeps HAProxy where only root's PATH looks. For this process and those that it starts. */
export function lookWhereRootDoes(): void {
  process.env["PATH"] = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}
