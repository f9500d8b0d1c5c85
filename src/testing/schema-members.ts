import type { Shape } from "../gateway/schema.ts";

/** The names of the members of a shape and of what is in it, a few levels deep: shapes may contain themselves. */
export function membersOf(shape: Shape | undefined, depth = 6): readonly string[] {
  if (shape === undefined || depth === 0) return [];
  if (shape.kind === "list") return membersOf(shape.item.shape, depth - 1);
  if (shape.kind === "map") return membersOf(shape.value.shape, depth - 1);
  if (shape.kind !== "structure" && shape.kind !== "union") return [];
  return shape.members.flatMap((member) => [member.name, ...membersOf(member.shape, depth - 1)]);
}
