/**
 * Patterns of the models that JavaScript's engine takes exponential time to refuse with, and what means the same and does not: whoever may
 * ask for anything could stand still the server otherwise.
 */
const LINEAR: Readonly<Record<string, string>> = {
  "^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$": "[a-z0-9*]+(?:[._\\-/][a-z0-9*]+)*",
};

const made = new Map<string, RegExp>();

/** A pattern of a model, which is Java's, as one that the whole text must match. */
export function patternOf(source: string): RegExp {
  let pattern = made.get(source);
  if (!pattern) {
    const [, flags = "", body = ""] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(LINEAR[source] ?? source) ?? [];
    // Classes of letters need `u`, which in turn takes no needless escapes: those are in other patterns.
    pattern = new RegExp(`^(?:${body})$`, body.includes("\\p{") ? `${flags}u` : flags);
    made.set(source, pattern);
  }
  return pattern;
}
