import type { Member, Shape } from "../schema.ts";
import { scalarText } from "./scalar-text.ts";

/** Which names lists give their items where the model does not say: `member` in awsQuery, `item` in ec2Query. */
export interface XmlDialect {
  readonly listItem: "member" | "item";
}

/** Writes the members of a structure as XML elements, in the order of the model. */
export function writeXmlMembers(shape: Shape, value: unknown, dialect: XmlDialect): string {
  if (shape.kind !== "structure" && shape.kind !== "union") throw new Error(`only a structure has members, not a ${shape.kind}`);
  let text = "";
  for (const member of shape.members) {
    if (member.xmlAttribute || member.binding.kind !== "body") continue;
    const found = (value as Readonly<Record<string, unknown>>)[member.name];
    if (found !== undefined && found !== null) text += writeMember(member.xmlName ?? member.name, member, found, dialect);
  }
  return text;
}

function writeMember(name: string, member: Member, value: unknown, dialect: XmlDialect): string {
  const { shape } = member;
  switch (shape.kind) {
    case "list": {
      const itemName = member.xmlFlattened ? name : (shape.item.xmlName ?? dialect.listItem);
      const items = (value as readonly unknown[]).map((item) => writeMember(itemName, shape.item, item, dialect)).join("");
      return member.xmlFlattened ? items : element(name, items);
    }
    case "map": {
      const entries = Object.entries(value as object).map(
        ([key, item]) =>
          element(shape.keyName.xmlName ?? "key", escapeXml(key)) + writeMember(shape.value.xmlName ?? "value", shape.value, item, dialect),
      );
      if (member.xmlFlattened) return entries.map((entry) => element(name, entry)).join("");
      return element(name, entries.map((entry) => element("entry", entry)).join(""));
    }
    case "structure":
    case "union":
      return element(name, writeXmlMembers(shape, value, dialect), xmlAttributes(shape, value));
    default:
      return element(name, escapeXml(scalarText(shape, value)));
  }
}

/** The members of a structure that stand in its start tag, each with a space before it. */
export function xmlAttributes(shape: Shape, value: unknown): string {
  if (shape.kind !== "structure") return "";
  const found = shape.members.flatMap((member) => {
    const text = member.xmlAttribute ? (value as Readonly<Record<string, unknown>>)[member.name] : undefined;
    return text === undefined || text === null ? [] : [` ${member.xmlName ?? member.name}="${escapeXml(scalarText(member.shape, text))}"`];
  });
  return found.join("");
}

function element(name: string, content: string, attributes = ""): string {
  return `<${name}${attributes}>${content}</${name}>`;
}

/** Escapes text for XML; characters that XML 1.0 cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- these are exactly the characters that XML 1.0 forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"\r]/g, (character) => XML_ESCAPES[character] ?? character)
  );
}

const XML_ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;" };
