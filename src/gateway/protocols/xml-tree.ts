import { SaxesParser } from "saxes";
import { MalformedRequestError } from "../malformed.ts";

/** An element of a document. Names are without their prefixes. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

/** How deep elements may nest: no AWS shape comes near. */
const DEEPEST = 100;
/** How many elements a request may hold: Route 53's longest list, a thousand changes with all that a record set may have, are twenty thousand. */
const MOST_ELEMENTS = 32_000;
/**
 * How many elements, attributes and references. A reference, such as `&amp;`, costs as much as an element with no more characters; the values of a list of
 * changes may be 32,000, if they are nothing else.
 */
const MOST_NODES = 64_000;
/** How much is read at a time, in characters. What comes before the first element is shorter: it has nothing that anybody asks for. */
const CHUNK = 64 * 1024;

/**
 * Reads a document that comes from a client: well-formed XML without a document type, so that there are no entities but XML's own five.
 * @throws MalformedRequestError
 */
export function readXmlTree(body: Buffer): XmlElement {
  const root: Growing = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Growing[] = [root];
  let nodes = 0;
  const parser = new SaxesParser();
  const add = (text: string): void => {
    const inner = open.at(-1);
    if (inner) inner.text += text;
  };
  const count = (more = 1): void => {
    nodes += more;
    if (nodes > MOST_NODES) refuseMany();
  };
  if (tagsIn(body) > MOST_ELEMENTS) refuseMany();
  parser.on("error", refuse);
  parser.on("doctype", () => refuse());
  parser.on("opentag", ({ name, attributes }) => {
    const made: Growing = { name: local(name), attributes: new Map(), children: [], text: "" };
    for (const [key, value] of Object.entries(attributes)) made.attributes.set(key, value);
    count();
    if (open.length > DEEPEST) throw new MalformedRequestError("syntax", "", "The request is nested too deeply.");
    open.at(-1)?.children.push(made);
    open.push(made);
  });
  // While it is read, and not when the tag ends: one tag may hold all of them.
  parser.on("attribute", () => count());
  parser.on("closetag", () => void open.pop());
  parser.on("text", add);
  parser.on("cdata", add);
  const text = body.toString("utf8");
  for (let at = 0; at < text.length; at += CHUNK) {
    const chunk = text.slice(at, at + CHUNK);
    count(chunk.split("&").length - 1);
    parser.write(chunk);
    if (root.children.length === 0) refuse();
  }
  parser.close();
  return root.children[0] ?? refuse();
}

interface Growing {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: Growing[];
  text: string;
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Whatever begins with `<` and does not end an element, up to one too many. To count them takes a hundredth of what it takes to read them. */
function tagsIn(body: Buffer): number {
  let tags = 0;
  for (let at = body.indexOf(LESS_THAN); at >= 0 && tags <= MOST_ELEMENTS; at = body.indexOf(LESS_THAN, at + 1))
    if (body[at + 1] !== SLASH) tags += 1;
  return tags;
}

const [LESS_THAN, SLASH] = [0x3c, 0x2f];

function refuseMany(): never {
  throw new MalformedRequestError("syntax", "", "The request holds too many values.");
}

function refuse(): never {
  throw new MalformedRequestError("syntax", "", "The request body is not valid XML.");
}
