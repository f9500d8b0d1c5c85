/*
 * Of a target group that does not cross zones, the proxy has each zone's part as a backend of its own besides the whole one. Names of target groups have
 * no underscores.
 */

/** The name of a zone's part of a backend. */
export function zonalBackendId(whole: string, zone: string): string {
  return `${whole}__${zone}`;
}

/** The name of the backend that one is a part of; its own where it is the whole. */
export function wholeBackendId(id: string): string {
  return id.split("__", 1)[0] ?? id;
}
