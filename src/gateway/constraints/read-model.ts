import type { ModelConstraints, ShapeConstraints } from "../../services/model-constraints.ts";
import type { WireProtocol } from "../../services/service.ts";
import type { ModelShape, ServiceModel } from "./service-model.ts";

/** The constraints on what operations take, without those that say nothing. */
export function readModel(model: ServiceModel, protocol: WireProtocol): ModelConstraints {
  const reached = new Set<string>();
  for (const { input } of Object.values(model.operations)) if (input) reach(model, input.shape, reached);
  const shapes: Record<string, ShapeConstraints> = {};
  const constrained = new Map<string, boolean>();
  const isConstrained = (name: string): boolean => {
    const known = constrained.get(name);
    if (known !== undefined) return known;
    // A list may contain itself.
    constrained.set(name, false);
    const read = constraintsOf(model.shapes[name] ?? { type: "" }, isConstrained, protocol);
    const any = Object.keys(read).length > 0;
    constrained.set(name, any);
    if (any) shapes[name] = read;
    return any;
  };
  const members: Record<string, Record<string, string>> = {};
  for (const name of [...reached].sort()) {
    const found = Object.entries(model.shapes[name]?.members ?? {}).filter(([, { shape }]) => isConstrained(shape));
    if (found.length > 0) members[name] = Object.fromEntries(found.map(([member, { shape }]) => [member, shape]));
  }
  return { shapes, members };
}

function reach(model: ServiceModel, name: string, reached: Set<string>): void {
  const shape = model.shapes[name];
  if (!shape || reached.has(name)) return;
  reached.add(name);
  for (const next of [shape.member, shape.key, shape.value, ...Object.values(shape.members ?? {})])
    if (next) reach(model, next.shape, reached);
}

function constraintsOf(shape: ModelShape, isConstrained: (name: string) => boolean, protocol: WireProtocol): ShapeConstraints {
  // EC2 refuses text and enumerations in words of each operation's own.
  const worded = protocol !== "ec2Query";
  const isText = shape.type === "string";
  const floor = isText || shape.type === "list" || shape.type === "blob" || shape.type === "map" ? 0 : undefined;
  return {
    ...(shape.min !== undefined && shape.min !== floor && (worded || !isText) ? { min: shape.min } : {}),
    ...(shape.max !== undefined && (worded || !isText) ? { max: shape.max } : {}),
    ...(worded && shape.pattern !== undefined && !/^(\(\?s\))?\.\*$/.test(shape.pattern) ? { pattern: shape.pattern } : {}),
    ...(/^(integer|long)$/.test(shape.type) ? { whole: true } : {}),
    ...(worded && shape.enum ? { values: shape.enum } : {}),
    ...(shape.type === "list" && shape.member && isConstrained(shape.member.shape) ? { item: shape.member.shape } : {}),
    ...(shape.type === "map" && shape.key && isConstrained(shape.key.shape) ? { key: shape.key.shape } : {}),
    ...(shape.type === "map" && shape.value && isConstrained(shape.value.shape) ? { value: shape.value.shape } : {}),
  };
}
