import { MalformedRequestError, missingMember } from "../malformed.ts";
import type { Member, NamedMember, Shape } from "../schema.ts";
import { readScalar } from "./scalar-text.ts";
import type { XmlElement } from "./xml-tree.ts";

/** Reads the members of a structure from the children of its element, or from its attributes. @throws MalformedRequestError */
export function readXmlMembers(members: readonly NamedMember[], element: XmlElement, path = ""): Readonly<Record<string, unknown>> {
  const children = byName(element);
  const result: Record<string, unknown> = {};
  for (const member of members) {
    const name = member.xmlName ?? member.name;
    const at = path === "" ? name : `${path}.${name}`;
    const found = member.xmlAttribute ? readAttribute(member, element, at) : readMember(member, children.get(name) ?? [], at);
    if (found !== undefined) result[member.name] = found;
  }
  return result;
}

function byName({ children }: XmlElement): ReadonlyMap<string, readonly XmlElement[]> {
  const found = new Map<string, XmlElement[]>();
  for (const child of children) {
    const those = found.get(child.name);
    if (those) those.push(child);
    else found.set(child.name, [child]);
  }
  return found;
}

function readAttribute(member: NamedMember, { attributes }: XmlElement, path: string): unknown {
  const text = attributes.get(member.xmlName ?? member.name);
  return text === undefined ? undefined : readScalar(member.shape, text, path);
}

/** @param found the elements of that name: several where a list or a map is flattened */
function readMember(member: Member, found: readonly XmlElement[], path: string): unknown {
  const { shape, xmlFlattened } = member;
  const [first] = found;
  if (!first) return undefined;
  refuseSecond(member, found, path);
  if (shape.kind === "list") {
    const items = xmlFlattened ? found : first.children.filter(({ name }) => name === (shape.item.xmlName ?? "member"));
    return items.map((item, at) => readXml(shape.item, item, `${path}.${at}`));
  }
  if (shape.kind === "map") {
    const entries = xmlFlattened ? found : first.children.filter(({ name }) => name === "entry");
    // fromEntries defines properties, so that a key such as __proto__ is only a key.
    return Object.fromEntries(entries.map((entry) => readEntry(shape, entry, path)));
  }
  return readXml(member, first, path);
}

/** Whoever repeats what there is one of might mean either. Source: XML Schema, `maxOccurs`, by which AWS's REST services read. @throws MalformedRequestError */
function refuseSecond({ shape, xmlFlattened }: Member, found: readonly XmlElement[], path: string): void {
  const isRepeated = (shape.kind === "list" || shape.kind === "map") && xmlFlattened;
  if (found.length > 1 && !isRepeated)
    throw new MalformedRequestError("syntax", path, `The request body has the element ${path} ${found.length} times.`);
}

function readEntry(shape: Shape & { readonly kind: "map" }, { children }: XmlElement, path: string): readonly [string, unknown] {
  const key = children.find(({ name }) => name === (shape.keyName.xmlName ?? "key"))?.text;
  const value = children.find(({ name }) => name === (shape.value.xmlName ?? "value"));
  if (key === undefined || !value) throw missingMember(path);
  return [key, readXml(shape.value, value, `${path}.${key}`)];
}

function readXml(member: Member, element: XmlElement, path: string): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "structure":
    case "union":
      return readXmlMembers(shape.members, element, path);
    case "list":
    case "map":
      return readMember(member, [element], path);
    default:
      return readScalar(shape, element.text, path);
  }
}
