/** A member of which more values than this were seen is taken for one of a kind in each record, such as an id, and left alone. */
const MOST_VALUES = 256;
/** Larger values are seldom equal, and comparing them costs more than it saves. */
const LONGEST = 512;

/** What was seen at one place of records: of a member, or of the items of a list. */
class Seen {
  readonly members = new Map<string, Seen>();
  readonly #texts = new Map<string, string>();
  readonly #objects = new Map<string, object>();

  member(name: string): Seen {
    const known = this.members.get(name);
    if (known) return known;
    const fresh = new Seen();
    this.members.set(name, fresh);
    return fresh;
  }

  text(value: string): string {
    if (this.#texts.size > MOST_VALUES) return value;
    const known = this.#texts.get(value);
    if (known === undefined) this.#texts.set(value, value);
    return known ?? value;
  }

  object(value: object): object {
    if (this.#objects.size > MOST_VALUES) return value;
    const text = JSON.stringify(value);
    if (text.length > LONGEST) return value;
    const known = this.#objects.get(text);
    if (!known) this.#objects.set(text, value);
    return known ?? value;
  }
}

/**
 * Gives what records have in common, such as ARNs of clusters, settings and empty lists, one place in memory: for records that were read from text.
 * One such function is for the records of one table; it changes the members of what it is given, and nothing that `JSON.stringify` would tell.
 */
export function commonValues(): <T extends object>(record: T) => T {
  const root = new Seen();
  return (record) => {
    replaceMembers(record, root);
    return record;
  };
}

function replaceMembers(value: object, seen: Seen): void {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) value[at] = common(value[at], seen);
    return;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const before = members[name];
    if (typeof before === "string" || (typeof before === "object" && before !== null)) members[name] = common(before, seen.member(name));
  }
}

function common(value: unknown, seen: Seen): unknown {
  if (typeof value === "string") return seen.text(value);
  if (typeof value !== "object" || value === null) return value;
  const known = seen.object(value);
  if (known !== value) return known;
  replaceMembers(value, seen);
  return value;
}
