import type { Shape } from "../gateway/schema.ts";

/**
 * Some value of a shape, every member set, as deep as `depth`.
 * @param text the value of a string member by its name, where a certain one is wanted
 */
export function sampleValue(shape: Shape, depth: number, text: (member: string) => string, member = ""): unknown {
  switch (shape.kind) {
    case "string":
      return text(member);
    case "number":
      return 1;
    case "bigint":
      return 1n;
    case "boolean":
      return true;
    case "timestamp":
      return new Date(0);
    case "blob":
      return new Uint8Array([1]);
    case "list":
      return depth > 0 ? [sampleValue(shape.item.shape, depth - 1, text, member)] : [];
    case "map":
      return depth > 0 ? { example: sampleValue(shape.value.shape, depth - 1, text, member) } : {};
    case "union":
      return structure(shape.members.slice(0, 1));
    case "structure":
      return structure(shape.members);
    case "bigdecimal":
    case "document":
      return undefined;
  }

  function structure(members: readonly { readonly name: string; readonly shape: Shape }[]): object {
    if (depth <= 0) return {};
    return Object.fromEntries(members.map((one) => [one.name, sampleValue(one.shape, depth - 1, text, one.name)]));
  }
}
