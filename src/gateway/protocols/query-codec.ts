import { MalformedRequestError, missingMember } from "../malformed.ts";
import type { Member, NamedMember, Shape } from "../schema.ts";
import { readScalar } from "./scalar-text.ts";

/** Which of the two Query protocols: they differ in the names of members and in how lists are spelt. */
export type QueryDialect = "aws" | "ec2";

/** Form parameters as a tree: `Filter.1.Name=x` hangs `x` under Filter, 1, Name. */
interface ParameterNode {
  value: string | undefined;
  readonly children: Map<string, ParameterNode>;
}

/** Parts of a parameter's name, joined by points: AWS's longest have about ten. */
const DEEPEST = 32;
/** Nodes of the tree: each costs some hundred bytes of memory. */
const MOST_NODES = 100_000;

/** What a request has besides its operation's members: its operation, and what earlier versions of AWS's signature put into the form. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([
  ...["Action", "Version", "DryRun"],
  ...["AWSAccessKeyId", "SecurityToken", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Expires"],
]);

/**
 * Reads a form-encoded body by the shape of the operation's input. EC2 refuses what its operation has not, as AWS's does: a member that is passed over would be one that somebody
 * believes to be carried out.
 * @throws MalformedRequestError
 */
export function readQuery(shape: Shape | undefined, parameters: URLSearchParams, dialect: QueryDialect): unknown {
  if (!shape) return {};
  const root = parameterTree(parameters);
  if (dialect === "ec2") for (const name of OF_THE_REQUEST) if (!hasMember(shape, name)) root.children.delete(name);
  return readNode(shape, root, "", dialect);
}

function hasMember(shape: Shape, name: string): boolean {
  return "members" in shape && shape.members.some((member) => memberName(member, "ec2") === name);
}

function parameterTree(parameters: URLSearchParams): ParameterNode {
  const root: ParameterNode = { value: undefined, children: new Map() };
  let nodes = 0;
  for (const [name, value] of parameters) {
    const parts = name.split(".", DEEPEST + 1);
    if (parts.length > DEEPEST) throw new MalformedRequestError("syntax", "", "The name of a parameter has too many parts.");
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        if (++nodes > MOST_NODES) throw new MalformedRequestError("syntax", "", "The request has too many parameters.");
        node.children.set(part, (child = { value: undefined, children: new Map() }));
      }
      node = child;
    }
    node.value = value;
  }
  return root;
}

function readNode(shape: Shape, node: ParameterNode, path: string, dialect: QueryDialect): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const result: Record<string, unknown> = {};
      if (dialect === "ec2") refuseUnknown(shape.members, node, path);
      for (const member of shape.members) {
        const name = memberName(member, dialect);
        const child = node.children.get(name);
        const at = path === "" ? name : `${path}.${name}`;
        const found = child && readMember(member, child, at, dialect);
        if (found !== undefined) result[member.name] = found;
      }
      return result;
    }
    case "list":
    case "map":
      return undefined;
    default:
      return node.value === undefined ? undefined : readScalar(shape, node.value, path);
  }
}

/** @throws MalformedRequestError that names the first part of the request that no member has */
function refuseUnknown(members: readonly NamedMember[], node: ParameterNode, path: string): void {
  const known = new Set(members.map((member) => memberName(member, "ec2")));
  for (const name of node.children.keys()) {
    if (known.has(name)) continue;
    const at = path === "" ? name : `${path}.${name}`;
    throw new MalformedRequestError("unknown", at, `The parameter ${at} is not recognized`);
  }
}

function readMember(member: Member, node: ParameterNode, path: string, dialect: QueryDialect): unknown {
  const { shape } = member;
  const flattened = dialect === "ec2" || member.xmlFlattened;
  if (shape.kind === "list") {
    const items = flattened ? node : node.children.get(shape.item.xmlName ?? "member");
    // `Names=` without a number is how an empty list is sent.
    if (!items || items.children.size === 0) return node.value === undefined ? undefined : [];
    return numbered(items).map((item) => readMember(shape.item, item, path, dialect));
  }
  if (shape.kind === "map") {
    const entries = flattened ? node : node.children.get("entry");
    if (!entries) return node.value === undefined ? undefined : {};
    return Object.fromEntries(
      numbered(entries).map((entry) => {
        const key = entry.children.get(shape.keyName.xmlName ?? "key")?.value;
        const value = entry.children.get(shape.value.xmlName ?? "value");
        if (key === undefined || !value) throw missingMember(path);
        return [key, readMember(shape.value, value, `${path}.${key}`, dialect)];
      }),
    );
  }
  return readNode(shape, node, path, dialect);
}

/** The children `1`, `2`, … in the order of their numbers. */
function numbered(node: ParameterNode): readonly ParameterNode[] {
  return [...node.children]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

function memberName(member: NamedMember, dialect: QueryDialect): string {
  const name = member.xmlName ?? member.name;
  if (dialect === "aws") return name;
  return member.ec2QueryName ?? name.charAt(0).toUpperCase() + name.slice(1);
}
