/** A section of a configuration: its head, and its lines below. */
export function section([head, ...lines]: readonly string[]): string {
  return [head, ...lines.map((line) => `    ${line}`)].join("\n");
}

export function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}
